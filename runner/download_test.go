package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/spec/task"
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
	r := &run{Runner: New(Options{Files: h}), files: files}
	return r.download(context.Background(), target{url: url, dir: "out", taskID: "task_1"})
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
		{"a message of another name", url, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, "application/problem+json", strings.NewReader("\x00\x01\x02")), nil
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

// A slow line is no stall: there is no limit on the whole.
func TestSlowDownloadIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		file, err := fetchInto(t, t.TempDir(), "https://cdn.example/a.png", func(r *http.Request) (*http.Response, error) {
			reader, writer := io.Pipe()
			go func() {
				for i := range png[:100] {
					time.Sleep(stallTimeout - time.Second)
					writer.Write(png[i : i+1])
				}
				writer.Close()
			}()
			return answer(r, 200, "image/png", reader), nil
		})
		if err != nil || file.bytes != 100 || time.Since(begin) < time.Hour {
			t.Fatalf("after %s: %v", time.Since(begin), err)
		}
		file.discard()
	})
}

// The API may have given two instances the same task: their downloads do not meet.
func TestDownloadsOfOneTaskForTwoInstances(t *testing.T) {
	dir := t.TempDir()
	files, err := openOutput(disk.OS, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.close()
	begun, goOn := make(chan struct{}), make(chan struct{})
	slow := func(r *http.Request) (*http.Response, error) {
		reader, writer := io.Pipe()
		go func() {
			writer.Write(png[:500])
			close(begun)
			<-goOn
			writer.Write(png[500:])
			writer.Close()
		}()
		return answer(r, 200, "image/png", reader), nil
	}
	quick := func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, "image/png", bytes.NewReader(png)), nil
	}
	fetch := func(name string, h host) (*downloaded, error) {
		r := &run{Runner: New(Options{Files: h}), files: files}
		return r.download(context.Background(), target{url: "https://cdn.example/a.png", dir: "out", taskID: "task_1", address: task.Address{Name: name}})
	}
	type outcome struct {
		file *downloaded
		err  error
	}
	first := make(chan outcome)
	go func() {
		file, err := fetch("a", slow)
		first <- outcome{file, err}
	}()
	<-begun
	second, err := fetch("b", quick)
	if err != nil {
		t.Fatal(err)
	}
	close(goOn)
	for _, o := range []outcome{{second, nil}, <-first} {
		if o.err != nil {
			t.Fatal(o.err)
		}
		got, err := os.ReadFile(filepath.Join(dir, o.file.part))
		if err != nil || !bytes.Equal(got, png) {
			t.Errorf("%s holds %d bytes, %v", o.file.part, len(got), err)
		}
		o.file.discard()
	}
}

// What a host packs unasked is saved as it came, and named so.
func TestPackedFilesAreNotUnpacked(t *testing.T) {
	for encoding, want := range map[string]string{"gzip": "gz", "GZIP": "gz", "br": "br", "zstd": "zst", "": "png", "identity": "png"} {
		file, err := fetchInto(t, t.TempDir(), "https://cdn.example/a.png", func(r *http.Request) (*http.Response, error) {
			if got := r.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("asked for encoding %q", got)
			}
			a := answer(r, 200, "image/png", strings.NewReader("\x1f\x8b\x08\x00packed"))
			a.Header.Set("Content-Encoding", encoding)
			return a, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if file.ext != want || file.bytes != 10 {
			t.Errorf("%q: %d bytes with extension %s, want %s", encoding, file.bytes, file.ext, want)
		}
		file.discard()
	}
}

func TestKindOfAFileIsToldByItsContent(t *testing.T) {
	for _, c := range []struct{ name, contentType, url, body, want string }{
		{"content", "text/plain", "https://h/a.txt", string(png), "png"},
		{"content against the suffix", "image/png", "https://h/a.png", "\xff\xd8\xff\xe0", "jpg"},
		{"sound against all else", "audio/wav", "https://h/a.wav", "\xff\xfb\x14\xc0", "mp3"},
		{"sound that nobody names", "application/octet-stream", "https://h/a", "fLaC\x00\x00\x00\x22", "flac"},
		{"film that nobody names", "application/octet-stream", "https://h/a", "\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "mov"},
		{"a picture with a general brand", "image/png", "https://h/a", "\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafavif", "avif"},
		{"a picture of a telephone", "application/octet-stream", "https://h/a.mp4", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "heic"},
		{"sound in a container of film", "audio/mp4", "https://h/a.mp4", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso5", "m4a"},
		{"the same, named by its suffix", "application/octet-stream", "https://h/a.m4a", "\x00\x00\x00\x18ftypiso5\x00\x00\x02\x00isomiso5", "m4a"},
		{"film whatever else it is called", "audio/wav", "https://h/a.wav", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41", "mp4"},
		{"a brand that nobody knows", "image/jpeg", "https://h/a", "\x00\x00\x00\x14ftypabcd\x00\x00\x02\x00abcd", "jpg"},
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

// The API itself may be on this machine; its redirects lead nowhere else on it.
func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer inner.Close()
	outer := httptest.NewServer(http.RedirectHandler(inner.URL+"/secret.png", http.StatusFound))
	defer outer.Close()
	files := FileTransport(strings.TrimPrefix(outer.URL, "http://"), nil)
	_, err := fetchInto(t, t.TempDir(), outer.URL+"/a.png", files.RoundTrip)
	if !errors.Is(err, ErrRefusedAddress) {
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

// Of what keeps a result from its place, only another file is in its way.
func TestWhatIsInTheWayOfAResult(t *testing.T) {
	dir := t.TempDir()
	files, err := openOutput(disk.OS, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.close()
	if err := os.WriteFile(filepath.Join(dir, "out"), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, below := files.create("out/shot", "a download")
	_, beside := files.create("out", "a download")
	for name, test := range map[string]struct {
		cause error
		want  bool
	}{
		"a file where its directory should be": {beside, true},
		"a file above its directory":           {below, true},
		"a file of its own name":               {errForeign("out/a.png"), true},
		"a full disk":                          {fmt.Errorf("%w: %w", errPlace, syscall.ENOSPC), false},
		"the host":                             {&statusError{404}, false},
	} {
		if test.cause == nil || obstructed(test.cause) != test.want {
			t.Errorf("%s: want %v of %v", name, test.want, test.cause)
		}
	}
}
