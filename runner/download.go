package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"apixo-batch/runner/awake"
	"apixo-batch/runner/mediatype"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	maxFileBytes = 2 << 30
	maxRedirects = 5
	// stallTimeout ends a download that makes no progress while the process is
	// awake. There is no limit on the whole: a large video on a slow line is worth
	// waiting for.
	stallTimeout = 60 * time.Second
)

// statusError is an answer of a result's host other than 200.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("the file's host answered %d %s", e.status, http.StatusText(e.status))
}

// gone reports whether the URL will not work again.
func (e *statusError) gone() bool {
	return e.status == http.StatusForbidden || e.status == http.StatusNotFound || e.status == http.StatusGone
}

// errNotMedia: what came is a page or a message, not a result.
var errNotMedia = errors.New("what came is not a media file")

func worthRetrying(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		return status.status >= 500 || status.status == http.StatusTooManyRequests
	}
	return !errors.Is(err, errNotMedia) && !errors.Is(err, ErrRefusedAddress) && !errors.Is(err, errPlace)
}

// target is one file to fetch, whose it is, and the directory it goes to.
type target struct {
	url, dir string
	address  task.Address
	taskID   string
	model    string
	index    int
	earlier  bool // the task is an earlier one of the instance
}

// id is the target's own: the API may have given two instances the same task.
func (t target) id() string { return fmt.Sprint(t.index, " ", t.taskID, " ", t.address) }

// download streams a URL to a temporary file of the output directory, and
// makes sure that it is there to stay.
func (r *run) download(ctx context.Context, t target) (got *downloaded, err error) {
	began, status := time.Now(), 0
	defer func(ctx context.Context) { r.logDownload(ctx, t, began, status, got, err) }(ctx)
	ctx, watch, done := watched(ctx)
	defer done()
	r.arrived(t, 0, -1)
	answer, err := r.get(ctx, t.url)
	if err != nil {
		return nil, stalled(ctx, err)
	}
	defer answer.Body.Close()
	if status = answer.StatusCode; status != http.StatusOK {
		return nil, &statusError{answer.StatusCode}
	}
	file, err := r.files.create(t.dir, t.id())
	if err != nil {
		return nil, err
	}
	arriving := &progressReader{Reader: answer.Body, watch: watch, told: time.Now(), tell: func(n int64) { r.arrived(t, n, answer.ContentLength) }}
	if err := file.fill(arriving, answer.ContentLength); err != nil {
		file.discard()
		return nil, stalled(ctx, err)
	}
	file.ext, err = mediaExt(answer, file.head)
	if err != nil {
		file.discard()
		return nil, err
	}
	return file, nil
}

// arrived tells how much of a file has come.
func (r *run) arrived(t target, n, size int64) {
	r.emit(Event{
		Kind: Fetching, Address: t.address, Earlier: t.earlier, Record: state.Record{Address: t.address, TaskID: t.taskID, Request: task.Request{Model: t.model}},
		File: &FileEvent{Index: t.index, Bytes: n, Size: size},
	})
}

// watched ends the context once no byte has come for too long, counting only time
// awake. Each byte that comes resets the watch; the caller calls done.
func watched(ctx context.Context) (_ context.Context, watch *awake.Timer, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch = awake.After(stallTimeout, func() { cancel(fmt.Errorf("no byte came for %s", stallTimeout)) })
	return ctx, watch, func() { watch.Stop(); cancel(nil) }
}

// get asks for a file. The request carries no key, no cookie and nothing else
// that a result's host could use.
func (r *run) get(ctx context.Context, rawURL string) (*http.Response, error) {
	if err := checkFileURL(rawURL); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: not a URL", ErrRefusedAddress)
	}
	request.Header.Set("Accept-Encoding", "identity")
	client := http.Client{
		Transport: r.opts.Files,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return checkFileURL(next.URL.String())
		},
	}
	return client.Do(request)
}

// checkFileURL refuses what cannot be the address of a result. Where its host
// leads is checked when it is connected to; see FileTransport.
func checkFileURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%w: %.200q is not the URL of a file", ErrRefusedAddress, raw)
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: %.200q is neither https nor http", ErrRefusedAddress, raw)
	case u.User != nil:
		return fmt.Errorf("%w: the URL carries a user name", ErrRefusedAddress)
	}
	return nil
}

func stalled(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// tellEvery is how often it is told how far a download is.
const tellEvery = 5 * time.Second

// progressReader puts the watchdog off with every byte that comes, and tells now and
// then how many have come.
type progressReader struct {
	io.Reader
	watch *awake.Timer
	n     int64
	told  time.Time
	tell  func(n int64)
}

func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		p.watch.Reset()
		p.n += int64(n)
		if time.Since(p.told) >= tellEvery {
			p.told = time.Now()
			p.tell(p.n)
		}
	}
	return n, err
}

// mediaExts are the extensions a result can have, by the media type of its
// content. Names never come from the server.
var mediaExts = map[string]string{
	"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "image/avif": "avif",
	"image/heic": "heic", "image/heif": "heif",
	"video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/avi": "avi", "video/x-msvideo": "avi",
	"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/wave": "wav", "audio/x-wav": "wav",
	"audio/aac": "aac", "audio/flac": "flac", "audio/ogg": "ogg", "application/ogg": "ogg", "video/ogg": "ogg", "audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/m4a": "m4a",
	"application/zip": "zip",
}

// packedExts are the extensions of files that a host packs unasked. They are
// saved as they come: nothing is ever unpacked.
var packedExts = map[string]string{"gzip": "gz", "x-gzip": "gz", "br": "br", "zstd": "zst", "deflate": "zz", "compress": "Z"}

// isPage reports whether a media type is one of texts, in which servers speak to
// people and programs.
func isPage(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") ||
		mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") ||
		mediaType == "application/xml" || strings.HasSuffix(mediaType, "+xml")
}

// mediaExt names the kind of a file: by its first bytes where they tell, else by
// what the host calls it, else by the suffix of its URL.
func mediaExt(answer *http.Response, head []byte) (string, error) {
	if len(head) == 0 {
		return "", fmt.Errorf("%w: it is empty", errNotMedia)
	}
	sniffed := mediatype.Sniff(head)
	declared, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	suffix := strings.TrimPrefix(strings.ToLower(path.Ext(answer.Request.URL.Path)), ".")
	if sniffed == "video/mp4" && (mediaExts[declared] == "m4a" || suffix == "m4a") {
		return "m4a", nil // the container does not tell sound from film
	}
	if ext, ok := mediaExts[sniffed]; ok {
		return ext, nil
	}
	for _, kind := range []string{sniffed, declared} {
		if isPage(kind) {
			return "", fmt.Errorf("%w but %s", errNotMedia, kind)
		}
	}
	if ext, ok := packedExts[strings.ToLower(answer.Header.Get("Content-Encoding"))]; ok {
		return ext, nil
	}
	if ext, ok := mediaExts[declared]; ok {
		return ext, nil
	}
	for _, ext := range mediaExts {
		if suffix == ext {
			return ext, nil
		}
	}
	if suffix == "jpeg" {
		return "jpg", nil
	}
	return "bin", nil
}

// sum hashes what is written to it and keeps its first bytes.
type sum struct {
	hash hash.Hash
	head []byte
}

func newSum() *sum { return &sum{hash: sha256.New()} }

func (s *sum) Write(b []byte) (int, error) {
	if missing := 512 - len(s.head); missing > 0 {
		s.head = append(s.head, b[:min(missing, len(b))]...)
	}
	return s.hash.Write(b)
}

func (s *sum) hex() string { return hex.EncodeToString(s.hash.Sum(nil)) }
