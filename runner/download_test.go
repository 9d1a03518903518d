package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/state/disk"
)

// host answers requests for files.
type host func(*http.Request) (*http.Response, error)

func (h host) RoundTrip(r *http.Request) (*http.Response, error) { return h(r) }

var png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("x"), 1000)...)

func answer(r *http.Request, status int, contentType string, body io.Reader) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r, Body: io.NopCloser(body), ContentLength: -1,
		Header: http.Header{"Content-Type": {contentType}},
	}
}

func fetchInto(t *testing.T, dir, url string, h host) (*downloaded, error) {
	t.Helper()
	files, err := openOutput(disk.OS, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.close)
	r := &run{Runner: New(Options{Files: h})}
	return r.download(context.Background(), files, target{url: url, dir: "out", taskID: "task_1"})
}

func TestDownloadsThatAreNoResult(t *testing.T) {
	const url = "https://cdn.example/a.png"
	for _, c := range []struct {
		name, url string
		host      host
		want      error
	}{
		{"a page", url, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, "image/png", strings.NewReader("<!DOCTYPE html><html></html>")), nil
		}, errNotMedia},
		{"a message", url, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, "image/png", strings.NewReader(`{"code":500}`)), nil
		}, errNotMedia},
		{"nothing", url, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, "image/png", strings.NewReader("")), nil
		}, errNotMedia},
		{"less than announced", url, func(r *http.Request) (*http.Response, error) {
			a := answer(r, 200, "image/png", bytes.NewReader(png))
			a.ContentLength = int64(len(png)) + 1
			return a, nil
		}, nil},
		{"a redirect to a file of this machine", url, func(r *http.Request) (*http.Response, error) {
			a := answer(r, 302, "", strings.NewReader(""))
			a.Header.Set("Location", "file:///etc/passwd")
			return a, nil
		}, ErrRefusedAddress},
		{"redirects without end", url, func(r *http.Request) (*http.Response, error) {
			a := answer(r, 302, "", strings.NewReader(""))
			a.Header.Set("Location", url)
			return a, nil
		}, nil},
		{"a local file", "file:///etc/passwd", nil, ErrRefusedAddress},
		{"no host", "https:///a.png", nil, ErrRefusedAddress},
		{"not a URL", "://", nil, ErrRefusedAddress},
		{"data", "data:image/png;base64,AAAA", nil, ErrRefusedAddress},
		{"a user name", "https://me:pw@cdn.example/a.png", nil, ErrRefusedAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := fetchInto(t, dir, c.url, c.host)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error: %v", err)
			}
			if left, _ := os.ReadDir(filepath.Join(dir, "out")); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestDownloadThatStallsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, err := fetchInto(t, t.TempDir(), "https://cdn.example/a.png", func(r *http.Request) (*http.Response, error) {
			reader, writer := io.Pipe()
			context.AfterFunc(r.Context(), func() { writer.CloseWithError(context.Cause(r.Context())) })
			go writer.Write(png)
			return answer(r, 200, "image/png", reader), nil
		})
		if err == nil || !strings.Contains(err.Error(), "no byte came") || time.Since(begin) != stallTimeout {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		synctest.Wait()
	})
}

func TestKindOfAFileIsToldByItsContent(t *testing.T) {
	for _, c := range []struct{ name, contentType, url, body, want string }{
		{"content", "text/plain", "https://h/a.txt", string(png), "png"},
		{"content against the suffix", "image/png", "https://h/a.png", "\xff\xd8\xff\xe0", "jpg"},
		{"declared", "video/mp4; codecs=x", "https://h/a", "\x00\x01\x02", "mp4"},
		{"suffix", "application/octet-stream", "https://h/a.MP3?sig=1", "\x00\x01\x02", "mp3"},
		{"neither", "application/octet-stream", "https://h/a.exe", "\x00\x01\x02", "bin"},
	} {
		file, err := fetchInto(t, t.TempDir(), c.url, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, c.contentType, strings.NewReader(c.body)), nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if file.ext != c.want {
			t.Errorf("%s: %s, want %s", c.name, file.ext, c.want)
		}
		file.discard()
	}
}

// A result must not be written outside the directory, whatever stands there.
func TestOutputDoesNotFollowLinksOut(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	_, err := fetchInto(t, dir, "https://cdn.example/a.png", func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, "image/png", bytes.NewReader(png)), nil
	})
	if err == nil {
		t.Error("a link out of the directory was followed")
	}
	if found, _ := os.ReadDir(outside); len(found) > 0 {
		t.Errorf("%v was written outside", found)
	}
}

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	for _, c := range []struct {
		address string
		refused bool
	}{
		{"93.184.216.34:443", false},
		{"[2606:2800:220:1::1]:443", false},
		{"127.0.0.1:8080", true},
		{"127.0.0.1:9090", false}, // the one that is allowed
		{"10.1.2.3:80", true},
		{"172.16.0.1:80", true},
		{"192.168.1.1:80", true},
		{"169.254.169.254:80", true},
		{"100.64.0.1:80", true},
		{"0.0.0.0:80", true},
		{"224.0.0.1:80", true},
		{"255.255.255.255:80", true},
		{"[::1]:80", true},
		{"[fe80::1]:80", true},
		{"[fc00::1]:80", true},
		{"[::ffff:127.0.0.1]:80", true},
		{"[::ffff:10.0.0.1]:80", true},
		{"[64:ff9b::7f00:1]:80", true},
		{"[::127.0.0.1]:80", true},
		{"[fec0::1]:80", true},
		{"[2001::1]:80", true},
		{"[2001:db8::1]:80", true},
		{"[100::1]:80", true},
		{"192.0.2.1:80", true},
		{"203.0.113.9:80", true},
		{"192.88.99.1:80", true},
		{"[2002:7f00:1::]:80", true},
		{"not an address", true},
	} {
		if err := checkAddress(c.address, "127.0.0.1:9090"); (err != nil) != c.refused {
			t.Errorf("%s: %v", c.address, err)
		}
	}
}

// The check sits where the connection is made, so no name and no redirect gets
// around it.
func TestFileTransportRefusesLoopback(t *testing.T) {
	request, err := http.NewRequest(http.MethodGet, "http://localhost:1/a.png", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FileTransport("", nil).RoundTrip(request); !errors.Is(err, ErrRefusedAddress) {
		t.Errorf("error: %v", err)
	}
}

func TestPrivateNamesAreRefusedBehindAProxy(t *testing.T) {
	used := false
	proxy := func(*http.Request) (*url.URL, error) {
		used = true
		return url.Parse("http://127.0.0.1:1") // nobody listens: only a request that was let through fails there
	}
	for host, refused := range map[string]bool{
		"cdn.example": false, "localhost": true, "LOCALHOST.": true, "metadata.google.internal": true, "10.0.0.1": true, "[::1]": true,
	} {
		request, err := http.NewRequest(http.MethodGet, "http://"+host+"/a.png", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = FileTransport("", proxy).RoundTrip(request)
		if errors.Is(err, ErrRefusedAddress) != refused || err == nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if !used {
		t.Error("the proxy was not asked for")
	}
}

func TestShortIDs(t *testing.T) {
	for id, want := range map[string]string{
		"task_abc123xyz": "taskabc1", "../../x": "x", "": "", "日本": "", "0123456789": "01234567",
	} {
		if got := shortID(id); got != want {
			t.Errorf("%q becomes %q, want %q", id, got, want)
		}
	}
}
