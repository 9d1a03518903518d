package simulator

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

const (
	sampleRate  = 8000 // mono, 16 bits
	toneSeconds = 2
)

// notes are the sound of result file index of an audio task: four frequencies in
// hertz from the hash of the input.
func (j job) notes(index int) (hertz [4]float64) {
	r := draw(0, "tone", string(j.inputHash), fmt.Sprint(j.number), fmt.Sprint(index))
	for i := range hertz {
		hertz[i] = 220 * math.Pow(2, float64(r.IntN(25))/12)
	}
	return hertz
}

// encodeWAV plays notes of equal length.
func encodeWAV(notes [4]float64) []byte {
	length := sampleRate * toneSeconds / len(notes)
	samples := make([]int16, 0, length*len(notes))
	for _, hertz := range notes {
		for i := range length {
			fade := math.Sin(math.Pi * float64(i) / float64(length)) // no clicks between notes
			samples = append(samples, int16(8000*fade*math.Sin(2*math.Pi*hertz*float64(i)/sampleRate)))
		}
	}
	return wavFile(samples)
}

func wavFile(samples []int16) []byte {
	size := uint32(2 * len(samples))
	var b bytes.Buffer
	b.WriteString("RIFF")
	b.Write(binary.LittleEndian.AppendUint32(nil, 36+size))
	b.WriteString("WAVEfmt ")
	header := struct {
		size              uint32
		format, channels  uint16
		rate, bytesPerSec uint32
		align, bits       uint16
	}{16, 1, 1, sampleRate, 2 * sampleRate, 2, 16}
	for _, part := range []any{header.size, header.format, header.channels, header.rate, header.bytesPerSec, header.align, header.bits} {
		binary.Write(&b, binary.LittleEndian, part) // a Buffer takes everything
	}
	b.WriteString("data")
	b.Write(binary.LittleEndian.AppendUint32(nil, size))
	binary.Write(&b, binary.LittleEndian, samples)
	return b.Bytes()
}
