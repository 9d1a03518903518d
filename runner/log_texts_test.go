package runner

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func TestWithoutQueriesCutsWhatMayBeSigned(t *testing.T) {
	for given, want := range map[string]string{
		"https://cdn.apixo.ai/output/a.png":                        "https://cdn.apixo.ai/output/a.png",
		"https://x.example/a.png?sig=abc&exp=1":                    "https://x.example/a.png?...",
		`Get "https://x.example/a?sig=abc": EOF`:                   `Get "https://x.example/a?...": EOF`,
		"HTTPS://X.example/a?sig=abc and http://y.example/?b=c d?": "HTTPS://X.example/a?... and http://y.example/?... d?",
		"https://me:secret@x.example/a":                            "https://...@x.example/a",
		"https://me:secret@x.example?sig=a":                        "https://...@x.example?...",
		"https://x.example/o'brien.png?sig=a":                      "https://x.example/o'brien.png?...",
		"https://x.example/a?rscd=f;name='a.png'&sig=b":            "https://x.example/a?...",
		"https://me:it's@secret@x.example/a":                       "https://...@x.example/a",
		"is this a question? yes":                                  "is this a question? yes",
		"":                                                         "",
	} {
		if got := WithoutQueries(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

func TestLongTextsAreCutAndTheirLengthIsTold(t *testing.T) {
	if got := cut("short", 5); got != "short" {
		t.Errorf("got %q", got)
	}
	if got := cut(strings.Repeat("ä", 10), 5); got != "ää... (20 bytes)" {
		t.Errorf("got %q", got)
	}
}

func TestTheInputOfAnEntryIsShort(t *testing.T) {
	long := strings.Repeat("x", 5000)
	short, ok := shortInput(json.RawMessage(`{"image":"` + long + `","n":1.50,"url":"https://x.example/a?sig=b"}`)).(json.RawMessage)
	want := `{"image":"` + long[:maxText] + `... (5000 bytes)","n":1.50,"url":"https://x.example/a?..."}`
	if !ok || string(short) != want {
		t.Errorf("got %.80s... and %s", short, short[len(short)-80:])
	}
	many := `{"a":[` + strings.Repeat(`"some text",`, 5000) + `1]}`
	if text, ok := shortInput(json.RawMessage(many)).(string); !ok || len(text) > maxInput+100 || !strings.HasSuffix(text, "bytes)") {
		t.Errorf("%d values come to %d bytes", 5000, len(text))
	}
}

// testRun is a run that can only log.
func testRun(log *slog.Logger) (*run, *job) {
	request, err := task.NewRequest("nano-banana", json.RawMessage(`{"prompt":"a harbour"}`), nil)
	if err != nil {
		panic(err)
	}
	record := &state.Record{Address: task.Address{Name: "shot"}, Request: request, Nonce: "NONCE", TaskID: "task_1"}
	j := &job{action: &plan.Action{Instance: &spec.Instance{InstanceSettings: &spec.InstanceSettings{Model: "nano-banana"}}}, request: &request, record: record, body: request.Body()}
	return &run{Runner: &Runner{opts: Options{Log: log}}}, j
}

func logEverything(r *run, j *job) {
	ctx := context.Background()
	answer := apixo.Answer{HTTPStatus: 200, Envelope: true, Code: 200, TaskID: "task_1"}
	r.logSubmit(ctx, j, time.Time{}, answer, accepted)
	r.logSubmit(ctx, j, time.Time{}, answer, doubtful)
	logStatus(ctx, r.opts.Log, j.record, time.Time{}, apixo.StatusAnswer{Answer: answer}, hiding{})
	logBalance(ctx, r.opts.Log, time.Time{}, 1, nil)
	r.logDownload(ctx, target{url: "https://x.example/a?b=c"}, time.Time{}, 200, nil, nil)
	r.logEvent(Event{Kind: Saved, Address: j.record.Address, Record: *j.record})
	r.logWait(j, time.Second)
	r.logStart(ctx, &plan.Plan{})
	r.logEnd(ctx, Summary{}, nil)
}

func TestWithoutALogNothingIsAllocatedForIt(t *testing.T) {
	r, j := testRun(logOr(nil))
	if n := testing.AllocsPerRun(100, func() { logEverything(r, j) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	var log strings.Builder
	r, j = testRun(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: LevelTrace})))
	if logEverything(r, j); strings.Count(log.String(), "\n") != 9 {
		t.Errorf("with a log there is\n%s", log.String())
	}
}

func BenchmarkWithoutALog(b *testing.B) {
	r, j := testRun(logOr(nil))
	for b.Loop() {
		logEverything(r, j)
	}
}
