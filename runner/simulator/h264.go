package simulator

import (
	"image"
	"image/color"
)

// A still picture as H.264, in the plainest form that every player decodes: one
// IDR frame whose macroblocks hold their samples as they are (I_PCM), then
// frames that repeat it (P frames of skipped macroblocks, a few bytes each).
// Section numbers are those of ITU-T H.264.

// bits writes the syntax elements of H.264, most significant bit first.
type bits struct {
	b    []byte
	free uint // bits of the last byte that are not used
}

// u writes the lowest n bits of v.
func (w *bits) u(n uint, v uint) {
	for n > 0 {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		n--
		w.free--
		w.b[len(w.b)-1] |= byte(v>>n&1) << w.free
	}
}

// ue writes Exp-Golomb codes (9.1).
func (w *bits) ue(values ...uint) {
	for _, v := range values {
		length := uint(0)
		for (v+1)>>(length+1) > 0 {
			length++
		}
		w.u(length, 0)
		w.u(length+1, v+1)
	}
}

func (w *bits) align() { w.free = 0 }

// nal ends the unit with its stop bit and puts a 3 wherever the bytes could be
// taken for a start code (7.4.1).
func (w *bits) nal(header byte) []byte {
	w.u(1, 1)
	unit, zeros := []byte{header}, 0
	for _, b := range w.b {
		if zeros == 2 && b <= 3 {
			unit, zeros = append(unit, 3), 0
		}
		if zeros++; b != 0 {
			zeros = 0
		}
		unit = append(unit, b)
	}
	return unit
}

const (
	nalSPS, nalPPS, nalIDR, nalP = 0x67, 0x68, 0x65, 0x41
	frameNumBits                 = 4
)

// sequenceParameters is for the baseline profile, level 3 (7.3.2.1.1).
func sequenceParameters(width, height int) []byte {
	var w bits
	w.u(8, 66)
	w.u(8, 0xC0)
	w.u(8, 30)
	w.ue(0, frameNumBits-4, 2, 1) // id, frame_num bits, order as decoded, one reference
	w.u(1, 0)
	w.ue(uint(width/16-1), uint(height/16-1))
	w.u(4, 0b1100) // whole frames, direct 8x8; no cropping, no VUI
	return w.nal(nalSPS)
}

// pictureParameters has everything at its plainest (7.3.2.2).
func pictureParameters() []byte {
	var w bits
	w.ue(0, 0)
	w.u(2, 0) // CAVLC
	w.ue(0, 0, 0)
	w.u(3, 0)
	w.ue(0, 0, 0)
	w.u(3, 0b100) // deblocking is said per slice
	return w.nal(nalPPS)
}

// keyFrame is the picture (7.3.3, 7.3.5).
func keyFrame(img *image.Paletted) []byte {
	colors := limitedRange(img.Palette)
	var w bits
	w.ue(0, 7, 0) // first macroblock, I slice, picture parameters
	w.u(frameNumBits, 0)
	w.ue(0)
	w.u(2, 0)
	w.ue(0, 1) // QP as it is, no deblocking
	size := img.Bounds().Size()
	for y := 0; y < size.Y; y += 16 {
		for x := 0; x < size.X; x += 16 {
			w.ue(25) // I_PCM
			w.align()
			w.b = appendMacroblock(w.b, img, colors, x, y)
		}
	}
	return w.nal(nalIDR)
}

// appendMacroblock appends 16 by 16 luma samples, then 8 by 8 of each chroma.
func appendMacroblock(b []byte, img *image.Paletted, colors []color.YCbCr, x, y int) []byte {
	for row := range 16 {
		for col := range 16 {
			b = append(b, colors[img.ColorIndexAt(x+col, y+row)].Y)
		}
	}
	for plane := range 2 {
		for row := range 8 {
			for col := range 8 {
				c := colors[img.ColorIndexAt(x+2*col, y+2*row)]
				b = append(b, [2]byte{c.Cb, c.Cr}[plane])
			}
		}
	}
	return b
}

// limitedRange converts to the 16..235 range of video.
func limitedRange(p color.Palette) []color.YCbCr {
	colors := make([]color.YCbCr, len(p))
	for i, c := range p {
		full := color.YCbCrModel.Convert(c).(color.YCbCr)
		chroma := func(v uint8) uint8 { return uint8(128 + (int(v)-128)*224/255) }
		colors[i] = color.YCbCr{Y: uint8(16 + int(full.Y)*219/255), Cb: chroma(full.Cb), Cr: chroma(full.Cr)}
	}
	return colors
}

// repeatFrame shows the frame before once more; n counts from the key frame.
func repeatFrame(n, width, height int) []byte {
	var w bits
	w.ue(0, 5, 0) // first macroblock, P slice, picture parameters
	w.u(frameNumBits, uint(n))
	w.u(3, 0)
	w.ue(0, 1)
	w.ue(uint(width / 16 * height / 16)) // all are skipped
	return w.nal(nalP)
}
