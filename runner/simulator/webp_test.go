package simulator

import (
	"bytes"
	"image"
	"testing"

	"golang.org/x/image/webp"
)

// FuzzWebP: whatever the pixels are, a decoder sees them.
func FuzzWebP(f *testing.F) {
	f.Add(uint(1), []byte{0})
	f.Add(uint(3), []byte("abcabcabcdd"))
	f.Add(uint(128), bytes.Repeat([]byte{0, 0, 0, 0, 1, 31}, 3000))
	f.Add(uint(5000), make([]byte, 10000))
	f.Fuzz(func(t *testing.T, width uint, pixels []byte) {
		width = 1 + width%(1<<14)
		height := len(pixels) / int(width)
		if height == 0 || height > 1<<14 {
			return
		}
		img := image.NewPaletted(image.Rect(0, 0, int(width), height), palette(0.3))
		for i := range img.Pix {
			img.Pix[i] = pixels[i] % uint8(len(img.Palette))
		}
		decoded, err := webp.Decode(bytes.NewReader(encodeWebP(img)))
		if err != nil {
			t.Fatal(err)
		}
		if decoded.Bounds() != img.Rect {
			t.Fatalf("decoded has %v, want %v", decoded.Bounds(), img.Rect)
		}
		for y := range height {
			for x := range int(width) {
				if r, g, b, a := decoded.At(x, y).RGBA(); [4]uint32{r, g, b, a} != rgba(img, x, y) {
					t.Fatalf("pixel %d, %d has another colour", x, y)
				}
			}
		}
	})
}

func rgba(img image.Image, x, y int) [4]uint32 {
	r, g, b, a := img.At(x, y).RGBA()
	return [4]uint32{r, g, b, a}
}
