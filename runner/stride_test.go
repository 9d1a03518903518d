//go:build !race

package runner_test

// diskStride is how far apart the operations are that the tests with a failing
// disk look at.
const diskStride = 1
