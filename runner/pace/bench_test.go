package pace

import (
	"testing"
	"testing/synctest"
	"time"
)

func BenchmarkX(b *testing.B) {
	var o outcome
	for b.Loop() {
		testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "x", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { o = run(&limiter{perWindow: 10, window: time.Second}, ownBackoff(), 1000, 64) })
		}}})
	}
	b.ReportMetric(o.refused, "x")
}
