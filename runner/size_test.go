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

// timed marks a test of how long a run takes in virtual time. Others of the same code
// are for the race detector, under which these are slow.
func timed(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a test of virtual time, left out with -short")
	}
}
