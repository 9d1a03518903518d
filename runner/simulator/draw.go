package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"
)

// draw returns the random numbers that belong to a thing: the same for the same
// seed and parts, whatever was drawn before. So the order in which requests
// arrive changes nothing.
func draw(seed uint64, parts ...string) *rand.Rand {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], seed)
	h.Write(n[:])
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return rand.New(rand.NewChaCha8([32]byte(h.Sum(nil))))
}

// drawLatency draws a lognormal time: nine of ten lie in l, the middle is the
// geometric mean, and none is under half of Min or over three times Max.
func drawLatency(r *rand.Rand, l Latency) time.Duration {
	const ninetyPercent = 1.645 // standard deviations each side
	lo, hi := max(float64(l.Min), 1), max(float64(l.Max), 1)
	sigma := math.Log(hi/lo) / 2 / ninetyPercent
	t := math.Sqrt(lo*hi) * math.Exp(sigma*r.NormFloat64())
	if l.Max == 0 {
		return 0
	}
	return time.Duration(min(max(t, lo/2), 3*hi))
}
