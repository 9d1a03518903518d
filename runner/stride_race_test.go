//go:build race

package runner_test

// diskStride is larger with the race detector, which makes everything slow.
const diskStride = 29
