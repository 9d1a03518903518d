package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/simulator"
)

// between counts the polls that pass, and may refuse calls and change answers.
type between struct {
	next   http.RoundTripper
	refuse func(*http.Request) bool
	change func(answer string) string

	mu    sync.Mutex
	polls int
	calls []time.Time // submits and polls
}

func (b *between) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	if strings.Contains(r.URL.Path, "statusTask") {
		b.polls++
	}
	if strings.Contains(r.URL.Path, "Task") {
		b.calls = append(b.calls, time.Now())
	}
	refused := b.refuse != nil && b.refuse(r)
	b.mu.Unlock()
	if refused {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		time.Sleep(50 * time.Millisecond)
		const text = `{"code":429,"message":"rate limit","data":null}`
		return &http.Response{
			StatusCode: http.StatusTooManyRequests, ProtoMajor: 1, Header: http.Header{},
			ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)), Request: r,
		}, nil
	}
	response, err := b.next.RoundTrip(r)
	if err != nil || b.change == nil {
		return response, err
	}
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	changed := b.change(string(text))
	response.Body, response.ContentLength = io.NopCloser(bytes.NewBufferString(changed)), int64(len(changed))
	response.Header.Del("Content-Length")
	return response, err
}

// through has the world's calls pass b.
func (w *world) through(b *between) *between {
	b.next = w.transport
	key, err := apixo.ParseKey(testKey)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.api, err = apixo.New(apixo.Options{BaseURL: "http://127.0.0.1", Key: key, HTTP: b, UserAgent: "test"}); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// tasksThat declares n tasks of a name that take so long.
func tasksThat(n int, name, latency string) string {
	return fmt.Sprintf(`
task %q {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "[sim:latency=%s] %[1]s ${count.index}", aspect_ratio = "1:1" }
}
`, name, n, latency)
}

// timed applies, and tells how long that took.
func (w *world) timed() time.Duration {
	w.t.Helper()
	began := time.Now()
	s, err := w.apply(context.Background(), nil)
	if err != nil || s.Stop != "" {
		w.t.Errorf("it ended by %q %s %v", s.Stop, s.StopDetail, err)
	}
	return time.Since(began)
}

// The tasks of a bad night took hours; those of the next morning are not waited for
// as long.
func TestTimesOfABadNightDoNotDelayTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const settings = "batch { parallelism = 20 }\n"
		w := newWorld(t, settings+tasksThat(20, "night", "9h"), simulator.Config{Seed: 1})
		w.mustApplyAgain()
		w.write(settings + tasksThat(20, "night", "9h") + tasksThat(40, "day", "20s"))
		if took := w.timed(); took > 4*time.Minute {
			t.Errorf("40 tasks of 20 s, 20 at a time, took %v", took)
		}
	})
}

// mustApplyAgain applies until nothing runs any more, which takes the second run where
// the first gave up waiting.
func (w *world) mustApplyAgain() {
	w.t.Helper()
	w.timed()
	time.Sleep(10 * time.Hour)
	w.timed()
}

var (
	createTime   = regexp.MustCompile(`"createTime":\s*(\d+)`)
	completeTime = regexp.MustCompile(`"completeTime":\s*(\d+)`)
)

// Whatever the API says of its times, runs take about as long as tasks do, and ask
// about as often.
func TestWrongTimesHarmNoLaterRun(t *testing.T) {
	timed(t)
	wrong := map[string]func(created, completed int64) int64{
		"hours later":  func(_, completed int64) int64 { return completed + 8*time.Hour.Milliseconds() },
		"as it began":  func(created, _ int64) int64 { return created },
		"a day before": func(created, _ int64) int64 { return created - 24*time.Hour.Milliseconds() },
	}
	for name, completes := range wrong {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "", simulator.Config{Seed: 1})
				b := w.through(&between{change: func(answer string) string {
					created := createTime.FindStringSubmatch(answer)
					return completeTime.ReplaceAllStringFunc(answer, func(field string) string {
						if created == nil {
							return field
						}
						from, _ := strconv.ParseInt(created[1], 10, 64)
						to, _ := strconv.ParseInt(completeTime.FindStringSubmatch(field)[1], 10, 64)
						return `"completeTime":` + strconv.FormatInt(completes(from, to), 10)
					})
				}})
				config := "batch { parallelism = 50 }\n"
				for _, tasks := range []string{"first", "second", "third"} {
					config += tasksThat(30, tasks, "20s")
					w.write(config)
					polls := b.polls
					if took := w.timed(); took > 2*time.Minute {
						t.Errorf("the %s 30 tasks of 20 s took %v", tasks, took)
					}
					if polls = b.polls - polls; polls > 20*30 {
						t.Errorf("the %s 30 tasks took %d polls", tasks, polls)
					}
				}
			})
		})
	}
}
