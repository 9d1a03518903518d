//go:build !unix

package main

import "math"

// openFileLimit is how many files this process may have open at a time: here the
// system sets no limit that a run could reach.
func openFileLimit() int { return math.MaxInt32 }
