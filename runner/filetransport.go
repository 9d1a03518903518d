package runner

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrRefusedAddress: a result's URL leads where no result can be.
var ErrRefusedAddress = errors.New("the address of the file is refused")

// FileTransport fetches results from public addresses only, whatever a URL, a
// redirect or a name server says: the address is checked at the moment of
// connecting. Results cannot be used to reach into a private network.
//
// allowed is the one exception, a host and port such as 127.0.0.1:8080: the API
// itself, when it runs on this machine. It may be empty.
//
// proxy names the proxy of a request, as http.ProxyFromEnvironment does; nil for
// none. A proxy looks names up itself, so behind one only addresses written out
// in a URL, and names of this machine, can be refused.
func FileTransport(allowed string, proxy func(*http.Request) (*url.URL, error)) http.RoundTripper {
	checked := &net.Dialer{
		Timeout: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return checkAddress(address, allowed) },
	}
	t := &fileTransport{proxy: proxy, direct: newFileTransport(checked)}
	if proxy != nil {
		t.proxied = newFileTransport(&net.Dialer{Timeout: 30 * time.Second})
		t.proxied.Proxy = proxy
	}
	return t
}

// fileTransport chooses between a checked way and that of the user's own proxy.
type fileTransport struct {
	proxy           func(*http.Request) (*url.URL, error)
	direct, proxied *http.Transport
}

func (t *fileTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.proxy == nil {
		return t.direct.RoundTrip(r)
	}
	proxy, err := t.proxy(r)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find the proxy: %w", err)
	case proxy == nil:
		return t.direct.RoundTrip(r)
	}
	if err := checkName(r.URL.Hostname()); err != nil {
		return nil, err
	}
	return t.proxied.RoundTrip(r)
}

func newFileTransport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    maxDownloads,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

// checkName refuses hosts that are not public by their name alone.
func checkName(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return checkIP(ip)
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	for _, local := range []string{"localhost", "local", "internal"} {
		if name == local || strings.HasSuffix(name, "."+local) {
			return fmt.Errorf("%w: %s is a name of a private network", ErrRefusedAddress, host)
		}
	}
	return nil
}

// public6 is all of IPv6 that is handed out to the public (RFC 4291, IANA).
var public6 = netip.MustParsePrefix("2000::/3")

// notPublic are the ranges of IANA's special-purpose registries that lie in
// public space otherwise: shared address space, benchmarking, documentation,
// relays and tunnels, reserved space.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

func checkAddress(address, allowed string) error {
	if allowed != "" && address == allowed {
		return nil
	}
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrRefusedAddress, address)
	}
	return checkIP(parsed.Addr())
}

func checkIP(ip netip.Addr) error {
	ip = ip.Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate() && (ip.Is4() || public6.Contains(ip))
	for _, prefix := range notPublic {
		public = public && !prefix.Contains(ip)
	}
	if !public {
		return fmt.Errorf("%w: %s is not a public address", ErrRefusedAddress, ip)
	}
	return nil
}
