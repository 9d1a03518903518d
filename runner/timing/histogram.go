package timing

import (
	"math"
	"time"
)

const (
	// shortest is the lower edge of the first bin; bins lie perOctave to a doubling,
	// up to 14 hours.
	shortest  = 50 * time.Millisecond
	perOctave = 16
	bins      = 20 * perOctave

	// memory is about how many of the newest times count.
	memory = 200
)

// Enough is how many times are worth learning from: of more, the older ones hardly
// count any more.
const Enough = 3 * memory

// histogram counts processing times in bins of equal ratio, the newest the most.
type histogram struct {
	weight [bins]float64
	total  float64
}

// edge is the lower edge of a bin, in seconds.
func edge(bin int) float64 {
	return shortest.Seconds() * math.Exp2(float64(bin)/perOctave)
}

// binOf is the bin of a time in seconds.
func binOf(seconds float64) int {
	octaves := math.Log2(max(seconds, shortest.Seconds()) / shortest.Seconds())
	return min(int(octaves*perOctave), bins-1)
}

// add counts one time, known to within half of blur either way; the older ones
// fade.
func (h *histogram) add(took, blur time.Duration) {
	for i := range h.weight {
		h.weight[i] -= h.weight[i] / memory
	}
	h.total -= h.total / memory
	const pieces = 5
	for i := range pieces {
		at := took + blur*time.Duration(2*i-pieces+1)/(2*pieces)
		h.weight[binOf(at.Seconds())] += 1.0 / pieces
	}
	h.total++
}

// addSmooth adds the histogram to density, spread the wider the fewer times it
// holds, with a weight of its total but at most most.
func (h *histogram) addSmooth(density *[bins]float64, most float64) {
	if h.total == 0 {
		return
	}
	kernel := newKernel(max(widest/math.Sqrt(h.total), narrowest))
	share := min(most, h.total) / h.total
	for i, w := range h.weight {
		if w > 0 {
			kernel.spread(density, i, w*share)
		}
	}
}

const (
	// widest is how far around a single time others are expected, and narrowest
	// around one of many: standard deviations of the logarithm.
	widest, narrowest = 0.5, 0.05
)

// kernel is a bell curve over the bins beside one, that adds up to 1.
type kernel struct{ side []float64 }

func newKernel(deviation float64) kernel {
	bin := math.Ln2 / perOctave / deviation // in standard deviations
	k := kernel{make([]float64, int(3/bin)+1)}
	sum := 0.0
	for i := range k.side {
		k.side[i] = math.Exp(-float64(i) * bin * float64(i) * bin / 2)
		sum += 2 * k.side[i]
	}
	sum -= k.side[0]
	for i := range k.side {
		k.side[i] /= sum
	}
	return k
}

func (k kernel) spread(density *[bins]float64, at int, weight float64) {
	density[at] += weight * k.side[0]
	for i := 1; i < len(k.side); i++ {
		density[max(at-i, 0)] += weight * k.side[i]
		density[min(at+i, bins-1)] += weight * k.side[i]
	}
}
