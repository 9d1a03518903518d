package runner

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
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
func FileTransport(allowed string) http.RoundTripper {
	dialer := &net.Dialer{
		Timeout: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return checkAddress(address, allowed) },
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		ResponseHeaderTimeout:  stallTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    maxDownloads,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

// notPublic are ranges that netip's own questions do not cover: shared address
// space (RFC 6598), benchmarking (RFC 2544), NAT64 (RFC 6052), documentation
// and reserved space.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),
}

func checkAddress(address, allowed string) error {
	if allowed != "" && address == allowed {
		return nil
	}
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrRefusedAddress, address)
	}
	ip := parsed.Addr().Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	for _, prefix := range notPublic {
		public = public && !prefix.Contains(ip)
	}
	if !public {
		return fmt.Errorf("%w: %s is not a public address", ErrRefusedAddress, ip)
	}
	return nil
}
