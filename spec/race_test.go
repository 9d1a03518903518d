//go:build race

package spec

// slowdown: under the race detector everything takes some six times as long.
const slowdown = 6
