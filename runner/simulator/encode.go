package simulator

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"sync"
)

// pngBuffers keeps what an encoder works with, which is far more than a picture.
type pngBuffers struct{ sync.Pool }

func (p *pngBuffers) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer)
	return b
}

func (p *pngBuffers) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }

var usedBuffers pngBuffers

func encodePNG(img *image.Paletted) ([]byte, error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &usedBuffers}
	err := encoder.Encode(&b, img)
	return b.Bytes(), err
}

// encodeJPEG hands the encoder planes that it can read straight: asked for one
// pixel of a palette after another it takes twice the time.
func encodeJPEG(img *image.Paletted) ([]byte, error) {
	planes := image.NewYCbCr(img.Rect, image.YCbCrSubsampleRatio444)
	var y, cb, cr [256]uint8
	for i, c := range img.Palette {
		r, g, b, _ := c.RGBA()
		y[i], cb[i], cr[i] = color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
	}
	for i, pixel := range img.Pix {
		planes.Y[i], planes.Cb[i], planes.Cr[i] = y[pixel], cb[pixel], cr[pixel]
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, planes, &jpeg.Options{Quality: 80})
	return b.Bytes(), err
}

const (
	gifBand  = 32 // pixels
	gifDelay = 50 // hundredths of a second
)

// encodeGIF makes a GIF whose lowest part goes back and forth between the colours
// of the background and those of the pattern.
func encodeGIF(img *image.Paletted) ([]byte, error) {
	band := image.NewPaletted(img.Rect, img.Palette).SubImage(
		image.Rect(0, img.Rect.Max.Y-gifBand, img.Rect.Max.X, img.Rect.Max.Y)).(*image.Paletted)
	for i, pixel := range img.Pix[len(img.Pix)-gifBand*img.Stride:] {
		band.Pix[i] = (pixel + shades) % (2 * shades)
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{img, band}, Delay: []int{gifDelay, gifDelay}})
	return b.Bytes(), err
}
