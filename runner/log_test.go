package runner_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
)

// entries are the lines of a JSON log.
func entries(t *testing.T, log []byte) (all []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(log) {
		var entry map[string]any
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, entry)
	}
	return all
}

func jsonLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

func TestEveryCallThatTheAPISawIsInTheLogOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := simulator.ParseFaults("429=10%,500=5%,drop=3%,html=3%,fail=10%,status429=5%,status500=5%,file500=10%")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, prompts(60, ""), simulator.Config{Seed: 5, Faults: faults})
		var log bytes.Buffer
		for range 2 {
			if _, err := w.apply(context.Background(), func(o *runner.Options) { o.Log = jsonLog(&log, slog.LevelDebug) }); err != nil {
				t.Fatal(err)
			}
		}
		calls := map[string]int{}
		for _, e := range entries(t, log.Bytes()) {
			call, _ := e["call"].(string)
			calls[call]++
			if call != "" && (e["task_id"] == nil || e["elapsed_seconds"] == nil) {
				t.Errorf("an entry lacks its task ID or its time: %v", e)
			}
			if call == "submit" && (e["address"] == nil || e["nonce"] == nil || e["model"] == nil || e["attempt"] == nil || e["input"] == nil) {
				t.Errorf("an entry about a submit lacks something: %v", e)
			}
			if (e["level"] == "INFO") != (e["msg"] == "submit accepted") && call == "submit" {
				t.Errorf("a submit is at %s: %v", e["level"], e["msg"])
			}
		}
		stats := w.sim.Stats()
		want := map[string]int{"submit": stats.Submits, "status": stats.Polls, "balance": stats.BalanceCalls, "download": stats.FileFetches}
		for call, n := range want {
			if calls[call] != n || n == 0 {
				t.Errorf("%d entries about %s calls, and the API saw %d", calls[call], call, n)
			}
		}
		if stats.RateLimited == 0 {
			t.Error("nothing went wrong, so nothing of that is tested")
		}
	})
}

// parrot is an API that quotes what it is sent, in whatever way JSON can be
// written: in refusals, in failures, in results, in answers that are cut.
type parrot struct {
	http.RoundTripper
	write func(string) string // how it writes a text inside a JSON string
	sent  map[string]string   // by task ID: the body of the submit
	n     int
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	quoted := p.write(r.Header.Get("Authorization"))
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, ProtoMajor: 1, ContentLength: int64(len(body)), Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
	switch {
	case r.Method == http.MethodPost:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		quoted += " " + p.write(string(body))
		p.n++
		switch {
		case strings.Contains(string(body), "refuse"):
			return answer(400, fmt.Sprintf(`{"code":400,"message":"%s","data":null}`, quoted))
		case strings.Contains(string(body), "damage"):
			return answer(502, fmt.Sprintf(`{"code":502,"message":"%s`, quoted))
		}
		id := fmt.Sprintf("task-%04d", p.n)
		p.sent[id] = quoted
		return answer(200, fmt.Sprintf(`{"code":200,"message":"%s","data":{"taskId":%q}}`, quoted, id))
	case strings.Contains(r.URL.Path, "statusTask"):
		id := r.URL.Query().Get("taskId")
		return answer(200, fmt.Sprintf(`{"code":200,"message":"%s","data":{"taskId":%q,"state":"failed","failCode":"NSFW","failMsg":"%s",`+
			`"resultJson":"{\"prompt\":\"x\"}"}}`, quoted, id, p.sent[id]))
	default:
		return answer(500, fmt.Sprintf(`{"code":500,"message":"%s"}`, quoted))
	}
}

// plainly writes a text as encoding/json does, and byByte each byte as an escape.
func plainly(s string) string {
	text, _ := json.Marshal(s)
	return string(text[1 : len(text)-1])
}

func byByte(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

// formsOf are the ways in which a secret could stand in a text.
func formsOf(secret string) []string {
	quoted, _ := json.Marshal(secret)
	return []string{
		secret, string(quoted[1 : len(quoted)-1]), byByte(secret), url.QueryEscape(secret), url.PathEscape(secret),
		hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}

func TestALogHoldsNothingSensitiveAtAnyLevel(t *testing.T) {
	const word = `quiet "canary" & word <7>`
	config := `
variable "word" {
  default   = ` + fmt.Sprintf("%q", word) + `
  sensitive = true
}
task "shot" {
  for_each = toset(["fail", "refuse", "damage"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "${each.key}: ${var.word}, ${base64encode(var.word)}", aspect_ratio = "1:1" }
}
`
	for name, write := range map[string]func(string) string{"plainly": plainly, "by byte": byByte} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, config, simulator.Config{Seed: 1})
			w.transport = &parrot{w.transport, write, map[string]string{}, 0}
			w.api = w.client(testKey)
			for level := runner.LevelTrace; level <= slog.LevelError; level += 4 {
				if err := os.RemoveAll(filepath.Join(w.dir, "jobs.state.journal")); err != nil {
					t.Fatal(err)
				}
				if err := os.RemoveAll(w.statePath()); err != nil {
					t.Fatal(err)
				}
				var asJSON, asText bytes.Buffer
				options := &slog.HandlerOptions{Level: level}
				if _, err := w.apply(context.Background(), func(o *runner.Options) {
					o.Log = slog.New(both{slog.NewJSONHandler(&asJSON, options), slog.NewTextHandler(&asText, options)})
				}); err != nil {
					t.Fatal(err)
				}
				log := asJSON.String() + asText.String()
				if level <= slog.LevelInfo && !strings.Contains(log, "(sensitive)") {
					t.Errorf("%s, %v: nothing was hidden", name, level)
				}
				if level == runner.LevelTrace && !strings.Contains(log, "request_type") {
					t.Errorf("%s: no bodies at trace", name)
				}
				for _, secret := range []string{word, base64.StdEncoding.EncodeToString([]byte(word)), testKey} {
					for _, form := range formsOf(secret) {
						if i := strings.Index(log, form); i >= 0 {
							t.Errorf("%s, %v: %q is in the log: %s", name, level, form, log[max(0, i-200):min(len(log), i+200)])
						}
					}
				}
			}
		})
	}
}

// both is two handlers.
type both [2]slog.Handler

func (b both) Enabled(ctx context.Context, l slog.Level) bool { return b[0].Enabled(ctx, l) }
func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}
func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}
func (b both) Handle(ctx context.Context, r slog.Record) error {
	if err := b[0].Handle(ctx, r.Clone()); err != nil {
		return err
	}
	return b[1].Handle(ctx, r)
}

// A request that is collected and whose sensitive values have changed since: what
// they were is not known any more, and an answer may quote them.
func TestABodyThatMayHoldForgottenSecretsIsNotShown(t *testing.T) {
	const config = `
variable "word" {
  default   = "%s"
  sensitive = true
}
task "shot" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "view: ${var.word}", aspect_ratio = "%s" }
}
`
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, fmt.Sprintf(config, "the older word", "1:1"), simulator.Config{Seed: 1})
		p := &parrot{w.transport, plainly, map[string]string{}, 0}
		w.transport = p
		w.api = w.client(testKey)
		ctx, cancel := context.WithCancel(context.Background())
		_, err := w.apply(ctx, func(o *runner.Options) {
			o.Observe = func(e runner.Event) {
				if e.Kind == runner.Submitted {
					cancel()
				}
			}
		})
		if !isInterrupted(err) {
			t.Fatal(err)
		}
		w.write(fmt.Sprintf(config, "the newer word", "16:9"))
		var log bytes.Buffer
		if _, err := w.apply(context.Background(), func(o *runner.Options) { o.Log = jsonLog(&log, runner.LevelTrace) }); err != nil {
			t.Fatal(err)
		}
		var polls int
		for _, e := range entries(t, log.Bytes()) {
			if e["call"] != "status" || e["task_id"] != "task-0001" {
				continue
			}
			polls++
			if text := fmt.Sprint(e["answer"]); strings.Contains(text, "older") || !strings.Contains(text, "not shown") {
				t.Errorf("the answer reads %s", text)
			}
			if e["fail_msg"] != nil {
				t.Errorf("the entry quotes a failure: %v", e)
			}
		}
		if polls == 0 {
			t.Error("the older task was not asked for")
		}
	})
}

func TestTheSummaryNamesAnInstanceWhoseSubmitWasRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "shot" {
  for_each = { a = "", b = "[sim:http=500,times=2]" }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "a harbour ${each.value}", aspect_ratio = "1:1" }
}
`, simulator.Config{Seed: 1})
		if s := w.mustApply(); s.Done != 2 || s.Repeated != 2 || s.RepeatedAt.String() != `task.shot["b"]` {
			t.Errorf("%d done, %d repeated, the first of %s", s.Done, s.Repeated, s.RepeatedAt)
		}
	})
}
