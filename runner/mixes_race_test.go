//go:build race

package runner_test

const usualMixes = 15 // the race detector makes each some six times as slow
