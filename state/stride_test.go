//go:build !race

package state

// stride is how far apart the operations are that the tests with a failing disk
// look at.
const stride = 1
