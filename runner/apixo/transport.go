package apixo

import (
	"net"
	"net/http"
	"time"
)

// DefaultTransport returns a transport of its own for one Client: at most 64
// connections to the API, HTTP/2 where the API speaks it, the environment's
// proxy. It sets no timeout for an answer; each call brings its own.
func DefaultTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		MaxConnsPerHost:        64,
		MaxIdleConnsPerHost:    64,
		MaxIdleConns:           64,
		IdleConnTimeout:        30 * time.Second, // a connection that the server is about to drop can lose a submit's answer
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}
