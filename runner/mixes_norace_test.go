//go:build !race

package runner_test

const usualMixes = 200
