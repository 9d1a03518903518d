package runner

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTimeoutOfATaskCountsFromAcceptance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name  string
			since time.Duration
			want  time.Duration
		}{
			{"accepted now", 0, 10 * time.Minute},
			{"accepted a while ago", 4 * time.Minute, 6 * time.Minute},
			{"collected later", 3 * time.Hour, 10 * time.Minute},
			{"the clock was set back", -time.Hour, 10 * time.Minute},
		} {
			accepted := time.Now().Round(0).Add(-test.since) // as it comes from the disk
			if got := untilDeadline(accepted, 10*time.Minute); got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
		}
	})
}
