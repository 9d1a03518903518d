package apixo

import (
	"net/http"
	"sync"
	"time"
)

const (
	// maxIdle is how long a connection may be unused before it is not trusted
	// with a submit any more: one that the server has dropped can lose the answer.
	maxIdle = 30 * time.Second
	// clockSlack is how far wall and monotonic clock may drift apart between two
	// calls while the machine is awake.
	clockSlack = 2 * time.Second
)

// connections hands the transport to calls. When its connections may be dead it
// goes on with a new set: what runs on the old ones may end, and nothing new is
// sent over them. A submit on a dead connection would be in doubt for nothing.
//
// net/http drops idle connections by itself, but not one of HTTP/2 on which
// something runs; and a connection that slept for a short while is none to it.
type connections struct {
	mu   sync.Mutex
	http http.RoundTripper
	used time.Time // when the last call began; zero before the first
}

// forCall returns the transport for a call that begins now.
func (c *connections) forCall() http.RoundTripper {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.used.IsZero() && slept(now.Sub(c.used), now.Round(0).Sub(c.used.Round(0))) {
		c.renew()
	}
	c.used = now
	return c.http
}

// slept reports whether connections may have died since they were last used,
// that long ago by the monotonic and by the wall clock: nobody used them, or the
// machine slept, during which the monotonic clock may stand still.
func slept(monotonic, wall time.Duration) bool {
	return max(monotonic, wall) > maxIdle || wall-monotonic > clockSlack
}

// silent tells that a call over a transport had no answer in time: its
// connection may lead nowhere, with others still on it.
func (c *connections) silent(over http.RoundTripper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := over.(*http.Transport); ok && c.http == http.RoundTripper(old) {
		c.renew()
	}
}

// renew leaves all connections behind. Of a transport that is not net/http's
// nothing is known.
func (c *connections) renew() {
	if old, ok := c.http.(*http.Transport); ok {
		c.http = old.Clone()
		old.CloseIdleConnections()
	}
}
