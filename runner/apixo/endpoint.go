package apixo

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// DefaultBaseURL is where the API is (API document, section 1).
const DefaultBaseURL = "https://api.apixo.ai/api/v1"

// apiPath ends every base URL. It is added where it is missing, since clients
// of the API differ in whether they count it as part of the base URL.
const apiPath = "/api/v1"

// Endpoint is the host that receives the key; see the function of that name.
func (c *Client) Endpoint() string { return endpoint(c.base) }

// Endpoint checks a base URL, empty for DefaultBaseURL, and gives the host that
// would receive the key: "api.apixo.ai", with the port if it is not the scheme's
// own.
func Endpoint(baseURL string) (string, error) {
	base, err := parseBaseURL(baseURL)
	if err != nil {
		return "", err
	}
	return endpoint(base), nil
}

func endpoint(base *url.URL) string {
	host, port := strings.ToLower(base.Hostname()), base.Port()
	usual := map[string]string{"https": "443", "http": "80"}[base.Scheme]
	if port != "" && port != usual {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// parseBaseURL accepts https anywhere and http on loopback only: the URL
// receives the key. No error shows user info or a query, which may be secret.
func parseBaseURL(s string) (*url.URL, error) {
	s = cmp.Or(strings.TrimSpace(s), DefaultBaseURL)
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("the base URL cannot be read as a URL; one looks like " + DefaultBaseURL)
	}
	shown := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("base URL %q holds a user name or password; the key is sent in a header, so remove them", shown)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		return nil, fmt.Errorf("base URL %q goes on with a query or a fragment; remove what follows the path", shown)
	case u.Opaque != "" || u.Hostname() == "":
		return nil, fmt.Errorf("base URL %q names no host; one looks like %s", shown, DefaultBaseURL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("base URL %q would send the key unencrypted; use https (http is for 127.0.0.1, ::1 and localhost only)", shown)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("base URL %q starts with neither https:// nor http://; one looks like %s", shown, DefaultBaseURL)
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if !strings.HasSuffix(path, apiPath) {
		path += apiPath
	}
	return url.Parse(u.Scheme + "://" + u.Host + path)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
