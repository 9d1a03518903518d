//go:build !unix

package spec

import (
	"testing"
	"time"
)

var started = time.Now()

// cpuTime is the time on the clock, which is not less.
func cpuTime(*testing.T) time.Duration { return time.Since(started) }
