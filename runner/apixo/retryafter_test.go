package apixo

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 9, 13, 33, 30, 0, time.UTC)
	in := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"0", "", time.Second},
		{"-5", "", 0},
		{"+5", "", 0},
		{"1.5", "", 0},
		{"soon", "", 0},
		{"1000000000", "", 15 * time.Minute},
		{"99999999999999999999999999", "", 15 * time.Minute},
		{in(30 * time.Second), "", 30 * time.Second},
		{in(-time.Hour), "", 0},
		{in(24 * time.Hour), "", 15 * time.Minute},
		{in(time.Hour + 20*time.Second), in(time.Hour), 20 * time.Second}, // the server's clock is an hour ahead
		{in(20 * time.Second), "garbage", 20 * time.Second},
	}
	for _, test := range tests {
		h := http.Header{}
		if test.value != "" {
			h.Set("Retry-After", test.value)
		}
		if test.date != "" {
			h.Set("Date", test.date)
		}
		if got := retryAfter(h, now); got != test.want {
			t.Errorf("Retry-After %q, Date %q: %v, want %v", test.value, test.date, got, test.want)
		}
	}
}
