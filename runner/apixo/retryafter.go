package apixo

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	minRetryAfter = time.Second
	maxRetryAfter = 15 * time.Minute
)

// retryAfter reads the wait that an answer asks for, in seconds or as a date,
// which is compared with the answer's own Date where it has one. What is
// negative, past or neither counts as absent, 0; the rest is clamped. The API
// documents no such header, but what stands before it may send one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds > int(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return max(time.Duration(seconds)*time.Second, minRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	if !at.After(now) {
		return 0
	}
	return min(max(at.Sub(now), minRetryAfter), maxRetryAfter)
}
