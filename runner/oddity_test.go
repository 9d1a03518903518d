package runner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// rewriting changes the simulator's answers on their way: status and body.
func (w *world) rewriting(change func(r *http.Request, status int, body string) (int, string)) {
	inner := w.transport
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := inner.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return nil, err
		}
		status, text := change(r, answer.StatusCode, string(body))
		answer.StatusCode, answer.ContentLength = status, int64(len(text))
		answer.Body = io.NopCloser(strings.NewReader(text))
		return answer, nil
	})
	w.api = w.client(testKey)
}

func (w *world) warnings() (all []string) {
	for _, e := range w.events {
		if e.Kind == runner.Warned {
			all = append(all, e.Detail)
		}
	}
	return all
}

// taskIDOf reads the task ID of an answer.
func taskIDOf(t *testing.T, body string) string {
	t.Helper()
	var answer struct{ Data struct{ TaskID string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.TaskID == "" {
		t.Fatalf("no task ID in %s: %v", body, err)
	}
	return answer.Data.TaskID
}

// A task ID is recorded before the rest of the answer is judged.
func TestTaskIDInARefusalIsRecordedAndCollected(t *testing.T) {
	for name, refusal := range map[string]struct {
		status int
		body   string // %s is the task ID
	}{
		"400":               {400, `{"code":400,"message":"Invalid request","data":{"taskId":%q}}`},
		"402":               {402, `{"code":402,"message":"Insufficient balance","data":{"taskId":%q}}`},
		"401":               {401, `{"code":401,"message":"Invalid or missing API key","taskId":%q}`},
		"429":               {429, `{"code":429,"message":"slow down","data":{"taskId":%q}}`},
		"500":               {500, `{"code":500,"message":"Internal server error","data":{"taskId":%q}}`},
		"502, no envelope":  {502, `{"data":{"taskId":%q}}`},
		"504, and garbage":  {504, `{"code":504,"data":{"taskId":%q},<html>`},
		"400, data twice":   {400, `{"code":400,"data":{"taskId":%q},"data":null}`},
		"200 with code 500": {200, `{"code":500,"message":"x","data":{"taskId":%q}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 60})
				w.rewriting(func(r *http.Request, status int, body string) (int, string) {
					if r.Method != http.MethodPost {
						return status, body
					}
					return refusal.status, fmt.Sprintf(refusal.body, taskIDOf(t, body))
				})
				if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
					t.Errorf("summary: %+v", s)
				}
				if posts := w.sim.Stats().Submits; posts != 1 {
					t.Errorf("%d POSTs", posts)
				}
				w.check()
				w.checkFiles()
			})
		})
	}
}

func TestTaskIDsAreOpaque(t *testing.T) {
	for name, c := range map[string]struct {
		json string // the ID as it stands in an answer
		id   string
		odd  bool
	}{
		"10 KB":         {`"` + strings.Repeat("t", 10_000) + `"`, strings.Repeat("t", 10_000), true},
		"NUL":           {`"a\u0000b"`, "a\x00b", true},
		"escape":        {`"\u001b[2Jx"`, "\x1b[2Jx", true},
		"emoji":         {`"\ud83d\ude00"`, "😀", false},
		"number":        {`12345678901234567890`, "12345678901234567890", false},
		"leading space": {`" t1"`, " t1", false},
		"of a URL":      {`"a/b?x=1&y#z"`, "a/b?x=1&y#z", false},
		"of a path":     {`".."`, "..", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 61})
				real, inner := "", w.transport
				w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					query := r.URL.Query()
					if id := query.Get("taskId"); r.Method == http.MethodGet && query.Has("taskId") {
						if id != c.id {
							t.Errorf("asked for task %q", id)
						}
						query.Set("taskId", real)
						r.URL.RawQuery = query.Encode()
					}
					return inner.RoundTrip(r)
				})
				w.rewriting(func(r *http.Request, status int, body string) (int, string) {
					if r.Method == http.MethodPost {
						real = taskIDOf(t, body)
					}
					return status, strings.Replace(body, `"`+real+`"`, c.json, 1)
				})
				if s := w.mustApply(); s.Done != 1 {
					t.Errorf("summary: %+v", s)
				}
				if got := w.record("task.shot[0]").TaskID; got != c.id {
					t.Errorf("recorded as %.80q", got)
				}
				if odd := len(w.warnings()) > 0; odd != c.odd {
					t.Errorf("warnings: %q", w.warnings())
				}
			})
		})
	}
}

// Two submits with one task ID: the API has lost count, and we have not. Both are
// kept, both are counted, both get the file.
func TestSameTaskIDForTwoSubmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(3, ""), simulator.Config{Seed: 62})
		first := ""
		w.rewriting(func(r *http.Request, status int, body string) (int, string) {
			if r.Method != http.MethodPost {
				return status, body
			}
			id := taskIDOf(t, body)
			if first == "" {
				first = id
			}
			return status, strings.Replace(body, id, first, 1)
		})
		s := w.mustApply()
		if s.Done != 3 || s.Accepted != 3 || s.SharedTasks != 2 || s.Spent != 3*30_000 {
			t.Errorf("summary: %+v", s)
		}
		warnings := w.warnings()
		if len(warnings) != 2 || !strings.Contains(warnings[0], "both are counted as paid") {
			t.Errorf("warnings: %q", warnings)
		}
		_, want, err := simulator.ResultFile(first, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range w.contents().Records {
			got, err := os.ReadFile(filepath.Join(w.dir, r.Artifacts[0].Path))
			if err != nil || r.TaskID != first || !bytes.Equal(got, want) {
				t.Errorf("%s has task %q and %d bytes, %v", r.Address, r.TaskID, len(got), err)
			}
		}
		if committed := w.contents().Committed(); committed != 3*30_000 {
			t.Errorf("%s committed", committed)
		}
		if again := w.mustApply(); again.Accepted != 0 || again.Done != 0 {
			t.Errorf("the second apply: %+v", again)
		}
	})
}

func TestStatusOfAnotherTaskCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 63})
		polls := 0
		w.rewriting(func(r *http.Request, status int, body string) (int, string) {
			if !strings.Contains(r.URL.Path, "/statusTask/") {
				return status, body
			}
			if polls++; polls <= 3 {
				return status, `{"code":200,"message":"success","data":{"taskId":"somebody else's","state":"failed","failCode":"NSFW"}}`
			}
			return status, body
		})
		if s := w.mustApply(); s.Done != 1 {
			t.Errorf("summary: %+v", s)
		}
		if warnings := w.warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "somebody else's") {
			t.Errorf("warnings: %q", warnings)
		}
		w.check()
		w.checkFiles()
	})
}

// The first end of a task that is on disk stands, whatever the API says later.
func TestFirstRecordedEndStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "[sim:file=404,times=1] a pier"), simulator.Config{Seed: 64})
		ended := false
		w.rewriting(func(r *http.Request, status int, body string) (int, string) {
			if r.Method == http.MethodGet && ended {
				return status, strings.Replace(body, `"state":"success"`, `"state":"failed","failCode":"NSFW"`, 1)
			}
			ended = ended || strings.Contains(body, `"state":"success"`)
			return status, body
		})
		if s := w.mustApply(); s.Done != 1 {
			t.Errorf("summary: %+v", s)
		}
		if r := w.record("task.a"); r.Status != state.Succeeded || !r.Complete() {
			t.Errorf("record: %+v", r)
		}
		if warnings := w.warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "the recorded result stands") {
			t.Errorf("warnings: %q", warnings)
		}
		w.check()
	})
}

// The server's times are for show: whether a result can still be had is told by
// our own clock, unless the server's makes it sooner by less than a day.
func TestTimesOfTheServerDecideNothing(t *testing.T) {
	for _, times := range []string{
		`"createTime":0,"completeTime":0`, `"createTime":-1,"completeTime":-99999999999999`, `"createTime":"soon","completeTime":{}`,
		`"createTime":4102444799000,"completeTime":4102444799000`, `"createTime":1e300,"completeTime":1e300`, `"createTime":946684800,"completeTime":946684800`,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 65})
			w.rewriting(func(r *http.Request, status int, body string) (int, string) {
				if r.Method == http.MethodGet {
					body = strings.NewReplacer(`"createTime"`, times+`,"was"`, `"completeTime"`, `"wasComplete"`).Replace(body)
				}
				return status, body
			})
			if s := w.mustApply(); s.Done != 1 {
				t.Errorf("%s: %+v", times, s)
			}
			left := time.Until(w.record("task.shot[0]").Result.ExpiresAt())
			if left < 23*time.Hour || left > task.URLLifetime {
				t.Errorf("%s: the URL lives for another %s", times, left)
			}
		})
	}
}
