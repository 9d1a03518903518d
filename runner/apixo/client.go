package apixo

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Timeouts of a whole call, from looking up the host to the end of the body. They
// count the time in which the process is awake; see package awake.
const (
	DefaultSubmitTimeout = 60 * time.Second
	DefaultStatusTimeout = 30 * time.Second
)

// Options says how the API is reached.
type Options struct {
	// BaseURL may end in /api/v1 or not; empty is DefaultBaseURL.
	BaseURL string
	Key     Secret
	// HTTP carries the calls; nil is DefaultTransport(). Where the connections of
	// an *http.Transport may be dead, the Client goes on with a clone of it.
	HTTP http.RoundTripper
	// UserAgent is sent with each call; empty is "apixo-batch".
	UserAgent string
	// SubmitTimeout bounds a submit, StatusTimeout a status or balance call;
	// 0 is the default.
	SubmitTimeout, StatusTimeout time.Duration
}

// Client calls the API. It may be used by any number of goroutines.
type Client struct {
	base          *url.URL
	key           Secret
	connections   *connections
	userAgent     string
	submitTimeout time.Duration
	statusTimeout time.Duration
}

// New checks the options and returns a Client. It makes no call.
func New(o Options) (*Client, error) {
	base, err := parseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Key.IsZero() {
		return nil, errors.New("no API key is set")
	}
	if strings.ContainsFunc(o.UserAgent, unicode.IsControl) {
		return nil, fmt.Errorf("user agent %q holds a control character", o.UserAgent)
	}
	c := &Client{
		base:          base,
		key:           o.Key,
		connections:   &connections{http: o.HTTP},
		userAgent:     o.UserAgent,
		submitTimeout: o.SubmitTimeout,
		statusTimeout: o.StatusTimeout,
	}
	if c.connections.http == nil {
		c.connections.http = DefaultTransport()
	}
	if c.userAgent == "" {
		c.userAgent = "apixo-batch"
	}
	if c.submitTimeout <= 0 {
		c.submitTimeout = DefaultSubmitTimeout
	}
	if c.statusTimeout <= 0 {
		c.statusTimeout = DefaultStatusTimeout
	}
	return c, nil
}
