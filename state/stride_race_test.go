//go:build race

package state

// stride is larger with the race detector, which makes everything slow: it looks
// for races, and finds them at any operation.
const stride = 7
