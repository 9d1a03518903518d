package apixo

import (
	"net"
	"net/http"
	"time"
)

// DefaultTransport returns a transport of its own for one Client: at most 64
// connections to the API, HTTP/2 where the API speaks it, the environment's
// proxy. It sets no timeout for an answer, nor one for a ping of HTTP/2: each call
// brings its own, and what ends a connection earlier puts submits in doubt.
func DefaultTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        64,
		MaxIdleConnsPerHost:    64,
		MaxIdleConns:           64,
		IdleConnTimeout:        maxIdle,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}
