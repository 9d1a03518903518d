package runner_test

import "testing"

// usual is how much a long test does: less with the race detector, which slows
// everything down, and with -short.
func usual(plain, race, short int) int {
	switch {
	case testing.Short():
		return short
	case raceDetector:
		return race
	default:
		return plain
	}
}
