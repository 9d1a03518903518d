package simulator

import (
	"encoding/binary"
	"image"
	mathbits "math/bits"
)

// encodeWebP makes a WebP file, without loss, of a picture with at most webpColours
// colours. RFC 9649 names what is written.
func encodeWebP(img *image.Paletted) []byte {
	stream := encodeVP8L(img)
	size := uint32(len(stream))
	stream = append(stream, make([]byte, size%2)...)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(stream))+12)
	b = binary.LittleEndian.AppendUint32(append(b, "WEBPVP8L"...), size)
	return append(b, stream...)
}

// The alphabet of pixels has 256 literals, of which the first are the colours, then
// the prefixes of lengths. So many of both have codes of 6 bits.
const (
	webpLiterals = 256
	webpLengths  = 24
	webpColours  = 64 - webpLengths
	webpLongest  = 4096   // pixels of one copy
	webpOnlyZero = 0b0001 // an alphabet of one symbol, 0, which takes no bits
)

// encodeVP8L writes pixels as colours, and those that are like the ones above them as
// copies.
func encodeVP8L(img *image.Paletted) []byte {
	var w lowBits
	size := img.Rect.Size()
	w.put(8, 0x2F)
	w.put(14, size.X-1)
	w.put(14, size.Y-1)
	w.put(1+3, 0)      // opaque, version 0
	w.put(1+2, 1|3<<1) // a transform: pixels are indexes of colours
	w.palette(img)
	w.put(1+1+1, 0) // no other transform, no colour cache, one group of codes
	w.equalCodes(webpColours, webpLiterals-webpColours, webpLengths, 6)
	for range 4 {
		w.put(4, webpOnlyZero) // red, blue, alpha, and distances: that of the pixel above
	}
	w.pixels(img.Pix, size.X)
	return w.bytes()
}

// palette writes the colours as a picture one pixel high, each as its difference
// from the one before.
func (w *lowBits) palette(img *image.Paletted) {
	w.put(8, len(img.Palette)-1)
	w.put(1, 0) // no colour cache
	w.equalCodes(webpLiterals, webpLengths, 0, 8)
	for range 3 {
		w.equalCodes(webpLiterals, 0, 0, 8)
	}
	w.put(4, webpOnlyZero) // distances, which are not used
	var last [4]uint8
	for _, c := range img.Palette {
		r, g, b, a := c.RGBA()
		for i, v := range [4]uint8{uint8(g >> 8), uint8(r >> 8), uint8(b >> 8), uint8(a >> 8)} {
			w.code(8, int(v-last[i]))
			last[i] = v
		}
	}
}

// equalCodes writes the lengths of codes: n bits for the first symbols and the last,
// none for those between.
func (w *lowBits) equalCodes(first, unused, last int, n uint) {
	const zeros, most = 18, 138 // the symbol for a row of zeros, and its longest row
	w.put(1, 0)                 // not a simple code
	order := [...]uint{17, zeros, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8}
	w.put(4, len(order)-4)
	for _, symbol := range order {
		length := 0
		if symbol == zeros || symbol == n {
			length = 1
		}
		w.put(3, length)
	}
	w.put(1, 0) // the whole alphabet follows; the code of n is 0, that of zeros 1
	w.put(uint(first), 0)
	for ; unused > 0; unused -= min(unused, most) {
		w.put(1+7, 1|(min(unused, most)-11)<<1)
	}
	w.put(uint(last), 0)
}

func (w *lowBits) pixels(pix []uint8, width int) {
	for i := 0; i < len(pix); {
		n := 0
		for i >= width && i+n < len(pix) && n < webpLongest && pix[i+n] == pix[i+n-width] {
			n++
		}
		if n < 3 {
			w.code(6, int(pix[i]))
			i++
			continue
		}
		w.length(n)
		i += n
	}
}

// length writes the length of a copy, at least 3: a prefix that tells its two highest
// bits, then the rest.
func (w *lowBits) length(n int) {
	n--
	rest := uint(mathbits.Len(uint(n))) - 2
	prefix := 2*int(rest+1) + n>>rest&1
	w.code(6, webpColours+prefix)
	w.put(rest, n&(1<<rest-1))
}

// lowBits writes the lowest bit of each byte first.
type lowBits struct {
	full []byte
	open uint64
	n    uint // bits in open
}

// put writes the n lowest bits of v.
func (w *lowBits) put(n uint, v int) {
	w.open |= uint64(v) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.full = append(w.full, byte(w.open))
		w.open >>= 8
	}
}

// code writes a code of n bits, at most 8, which has its highest bit first.
func (w *lowBits) code(n uint, v int) {
	w.put(n, int(mathbits.Reverse8(uint8(v))>>(8-n)))
}

func (w *lowBits) bytes() []byte { return append(w.full, byte(w.open)) }
