package simulator

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The picture has a background colour and a pattern of squares from the hash of
// the input, over them the prompt's first words, and small in the corners what
// it is. Two tasks can be told apart in a gallery of thumbnails.

// shades is how many steps lie between a colour and white; the palette has
// that many for the background and as many for the pattern.
const shades = 16

// picture draws result file index.
func (j job) picture(index int) *image.Paletted {
	r := draw(0, "picture", string(j.inputHash), fmt.Sprint(j.number), fmt.Sprint(index))
	hue := r.Float64()
	img := image.NewPaletted(image.Rect(0, 0, j.width, j.height), palette(hue))
	for cell := range 15 { // three columns of five, mirrored
		if r.IntN(2) == 0 {
			continue
		}
		x, y := cell%3, cell/3
		fillCell(img, x, y)
		fillCell(img, 4-x, y)
	}
	j.write(img, index)
	return img
}

// palette has the background from hue to white, then the pattern's colour.
func palette(hue float64) color.Palette {
	var p color.Palette
	for _, value := range []float64{0.42, 0.54} {
		base := rgb(hue, 0.55, value)
		for i := range shades {
			t := float64(i) / (shades - 1)
			mix := func(c float64) uint8 { return uint8(255 * (c + (1-c)*t)) }
			p = append(p, color.RGBA{mix(base[0]), mix(base[1]), mix(base[2]), 255})
		}
	}
	return p
}

// rgb converts hue, saturation and value, each 0 to 1.
func rgb(h, s, v float64) (c [3]float64) {
	for i, offset := range []float64{5, 3, 1} {
		k := math.Mod(offset+h*6, 6)
		c[i] = v - v*s*max(0, min(k, 4-k, 1))
	}
	return c
}

// fillCell gives cell (x, y) of five by five the pattern's colour.
func fillCell(img *image.Paletted, x, y int) {
	b := img.Bounds()
	for py := y * b.Dy() / 5; py < (y+1)*b.Dy()/5; py++ {
		for px := x * b.Dx() / 5; px < (x+1)*b.Dx()/5; px++ {
			img.Pix[py*img.Stride+px] = shades
		}
	}
}

// write puts the words on the picture.
func (j job) write(img *image.Paletted, index int) {
	mask := image.NewAlpha(img.Bounds())
	small, large := face(13), face(30)
	pen := writer{mask, small}
	pen.line(10, 20, j.model)
	pen.line(10, j.height-12, "SIMULATED")
	if j.results > 1 {
		pen.right(j.width-10, j.height-12, fmt.Sprintf("%d/%d", index+1, j.results))
	}
	pen.face = large
	words := j.words
	if words == "" {
		words = "(no prompt)"
	}
	lines := pen.wrap(words, j.width-20, max((j.height-60)/36, 1))
	top := (j.height-36*len(lines))/2 + 28
	for i, line := range lines {
		pen.line(10, top+36*i, line)
	}
	for i, alpha := range mask.Pix {
		img.Pix[i] += alpha / (256 / shades)
	}
}

var parsedFont = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })

// face is the Go font at a size in pixels.
func face(size float64) font.Face {
	f, err := parsedFont()
	if err != nil {
		panic(err) // the font is part of the program
	}
	made, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	return made
}

type writer struct {
	mask *image.Alpha
	face font.Face
}

func (w writer) line(x, y int, text string) {
	d := font.Drawer{Dst: w.mask, Src: image.Opaque, Face: w.face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

func (w writer) right(x, y int, text string) {
	w.line(x-w.width(text), y, text)
}

func (w writer) width(text string) int { return font.MeasureString(w.face, text).Ceil() }

// wrap breaks text at spaces into at most most lines that fit in width; a word
// that is longer than a line is cut by the picture's edge.
func (w writer) wrap(text string, width, most int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && w.width(lines[last]+" "+word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines[:min(len(lines), most)]
}
