//go:build race

package main

// raceDetector: everything takes several times as long, and tests of real
// processes do less of it.
const raceDetector = true
