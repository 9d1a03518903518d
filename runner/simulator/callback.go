package simulator

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

const maxCallback = 2048 // bytes of a callback URL

// callbackOf is where the end of a task is to be posted, empty for nowhere.
func callbackOf(requestType, callbackURL *string) (string, error) {
	switch {
	case requestType == nil || *requestType == "async":
		return "", nil
	case *requestType != "callback":
		return "", fmt.Errorf("request_type %.60q: want async or callback", *requestType)
	case callbackURL == nil || *callbackURL == "":
		return "", errors.New("callback_url is required with request_type callback")
	}
	return *callbackURL, checkCallback(*callbackURL)
}

// checkCallback accepts https, and plain http on this machine, where a
// simulator's receivers are.
func checkCallback(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxCallback || u.Hostname() == "" || u.User != nil {
		return fmt.Errorf("callback_url must be a public HTTPS URL of at most %d characters", maxCallback)
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return errors.New("callback_url must be a public HTTPS URL (the simulator takes http on a loopback address, too)")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
