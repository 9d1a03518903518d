//go:build race

package runner_test

// raceDetector: everything takes some six times as long, and the long tests do
// less.
const raceDetector = true
