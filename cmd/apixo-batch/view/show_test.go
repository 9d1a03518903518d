package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// sampleState has a record of every status, with earlier tasks, and text that a
// terminal would obey.
func sampleState() (Status, []state.Spend) {
	submitted := noon.Add(-2 * time.Minute)
	sum := strings.Repeat("13affd5e", 8)
	request := func(input string) task.Request {
		return task.Request{Model: "nano-banana", Input: json.RawMessage(input)}
	}
	record := func(name string, status state.Status, change func(*state.Record)) state.Record {
		r := state.Record{
			Address: address("hero", name), Status: status, Request: request(`{"aspect_ratio":"16:9","mode":"text-to-image","prompt":"` + name + `"}`),
			Nonce: "N" + name, Cost: 3 * cent, Priced: true, SubmittedAt: submitted,
		}
		r.Fingerprint = r.Request.Fingerprint()
		change(&r)
		return r
	}
	accepted := func(r *state.Record) {
		r.TaskID, r.Attempt, r.AcceptedAt = "task_"+r.Address.Key.Text(), 1, submitted.Add(time.Second)
	}
	s := Status{
		Target: Target{Path: "jobs.hcl"}, Path: "jobs.state.json", Now: noon, Committed: 18 * cent, Reserved: 3 * cent, Missing: map[string]bool{"out/gone.png": true},
		Header: state.Header{Endpoint: "api.apixo.ai", Lineage: "b857d27d-4b54-41cd-b4e3-e32fec555fb5", Serial: 3, Changes: 5120},
		Records: []state.Record{
			record("done", state.Succeeded, func(r *state.Record) {
				accepted(r)
				r.Attempt, r.FinishedAt = 2, noon.Add(-time.Minute)
				r.Request = request(`{"image_urls":["https://x/1.png","hmac-sha256:` + sum + `"],"n":2,"prompt":"a harbour at dusk, seen from the pier, with a \u001b[31mred\u202e boat and more words than fit on a line"}`)
				r.Result = &task.Result{URLs: []string{"https://x/1"}, ReceivedAt: noon.Add(-time.Minute)}
				r.Artifacts = []state.Artifact{{Path: "out/hero/done-0.png", Bytes: 12345, SHA256: sum}}
				r.Past = []state.Past{
					{Nonce: "N0", TaskID: "task_0", Status: state.Failed, Cost: 3 * cent, SubmittedAt: submitted.Add(-time.Hour),
						Failure: &task.Failure{Reason: task.Timeout, Code: "Task TimeOut", Message: "took too\rlong"}},
					{Nonce: "N1", TaskID: "task_1", Status: state.Succeeded, Cost: 3 * cent,
						Artifacts: []state.Artifact{{Path: "out/hero/done-0.task1.png", Bytes: 1, SHA256: sum}}},
					{Nonce: "N2", Status: state.Pending, Cost: 3 * cent},
				}
			}),
			record("gone", state.Succeeded, func(r *state.Record) {
				accepted(r)
				r.Result = &task.Result{URLs: []string{"https://x/1", "https://x/2"}, ReceivedAt: noon.Add(-21 * time.Hour)}
				r.Artifacts = []state.Artifact{{Path: "out/gone.png", Bytes: 5, SHA256: sum}}
				r.Failure = &task.Failure{Reason: task.DownloadFailed, Message: "connection refused", Retryable: true}
			}),
			record("dead", state.Succeeded, func(r *state.Record) {
				accepted(r)
				r.Result = &task.Result{URLs: []string{"https://x/1"}, ReceivedAt: noon.Add(-30 * time.Hour)}
				r.Failure = &task.Failure{Reason: task.Expired, Message: "its URL lived until then; $0.03 was paid for it"}
			}),
			record("runs", state.Running, accepted),
			record("sent", state.Submitting, func(*state.Record) {}),
			record("doubt", state.InDoubt, func(r *state.Record) {
				r.Doubt = &state.Doubt{Since: noon, Cause: "no whole answer came: EOF", HTTPStatus: 200}
			}),
			record("slow", state.Failed, func(r *state.Record) {
				accepted(r)
				r.Failure = &task.Failure{Reason: task.Timeout, Code: "Task TimeOut", Retryable: true}
			}),
			record("bad", state.Failed, func(r *state.Record) {
				r.Priced, r.Cost = false, 0
				accepted(r)
				r.Failure = &task.Failure{Reason: task.ContentPolicy, Code: "NSFW", Message: "no \x1b]0;title\a\nsecond line"}
			}),
			record("new", state.Pending, func(r *state.Record) { r.SubmittedAt = time.Time{} }),
		},
	}
	spends := []state.Spend{
		{Nonce: "N0", Address: address("old", "name"), Model: "nano-banana", TaskID: "task_0", Cost: 3 * cent, Priced: true, ReservedAt: submitted, ChargedAt: submitted},
		{Nonce: "N2", Address: address("hero", "done"), Cost: 3 * cent, Priced: true, ReservedAt: submitted, ReleasedAt: noon},
		{Nonce: "Ndone", Address: address("hero", "done"), Cost: 3 * cent, Priced: true, ReservedAt: submitted, ChargedAt: submitted},
		{Nonce: "Nbad", Address: address("hero", "bad"), ReservedAt: submitted, ChargedAt: submitted},
	}
	return s, spends
}

func stateText(t *testing.T, s Status) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteState(&b, plain, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStateForPeople(t *testing.T) {
	s, _ := sampleState()
	text := stateText(t, s)
	golden(t, "show-state.txt", text)
	fits(t, strings.ReplaceAll(text, "            apixo-batch ", "  apixo-batch "))
	if strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Error("there is something in it that a terminal obeys")
	}
	if strings.Contains(text, "hmac-sha256") {
		t.Error("a mask stands for a sensitive value")
	}
	golden(t, "show-empty.txt", stateText(t, Status{Target: Target{Simulated: true}, Path: "jobs.simulated.state.json", Header: state.Header{Lineage: "l"}}))
}

// While a run is on, nobody else has to do anything, and what is being sent is in
// doubt for nobody.
func TestThereIsNoNextStepDuringARun(t *testing.T) {
	s, _ := sampleState()
	s.Holder = &state.LockInfo{Operation: "apply"}
	text := stateText(t, s)
	if strings.Contains(text, "  next") || !strings.Contains(text, "submitting: it is being sent") {
		t.Errorf("got\n%s", text)
	}
}

// What jq finds in a record of the state, and of state show, it finds here: all
// but money, which is a decimal text.
func TestStateForProgramsSaysAllThatTheStateSays(t *testing.T) {
	s, spends := sampleState()
	var b bytes.Buffer
	if err := WriteStateJSON(&b, s, spends); err != nil {
		t.Fatal(err)
	}
	golden(t, "show-state.json", b.String())
	var shown struct {
		Committed string                       `json:"committed"`
		Counts    map[string]int               `json:"counts"`
		Records   []map[string]json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(b.Bytes(), &shown); err != nil {
		t.Fatal(err)
	}
	if shown.Committed != "0.18" || shown.Counts["succeeded"] != 3 || len(shown.Records) != len(s.Records) {
		t.Errorf("%s committed, %v, %d records", shown.Committed, shown.Counts, len(shown.Records))
	}
	for i, r := range s.Records {
		for name, want := range asMap(t, r) {
			got, there := asMap(t, shown.Records[i])[name]
			if !there && name != "cost_usd_micros" {
				t.Errorf("%s: %s is not shown", r.Address, name)
			}
			if there && name != "past" && name != "artifacts" {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s: %s", r.Address, name, diff)
				}
			}
		}
	}
	var money struct {
		Cost string `json:"cost"`
		Past []struct {
			Cost string `json:"cost"`
		} `json:"past"`
		Spends []struct {
			Nonce     string `json:"nonce"`
			Committed string `json:"committed"`
		} `json:"spends"`
	}
	first, err := json.Marshal(shown.Records[0])
	if err == nil {
		err = json.Unmarshal(first, &money)
	}
	if got := fmt.Sprint(money); err != nil || got != "{0.03 [{0.03} {0.03} {0.03}] [{N0 0.03} {N2 0.00} {Ndone 0.03}]}" {
		t.Errorf("the money of the first record: %s, %v", got, err)
	}
}

func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInputIsShortAndHidesWhatIsSensitive(t *testing.T) {
	mask := `"hmac-sha256:` + strings.Repeat("0a", 32) + `"`
	for input, want := range map[string]string{
		`{"prompt":"a cat","n":1.50,"seed":null}`:       `n = 1.50, prompt = "a cat", seed = null`,
		`{"prompt":` + mask + `}`:                       `prompt = (sensitive)`,
		`{"urls":["https://x", ` + mask + `]}`:          `urls = ["https://x", (sensitive)]`,
		`{"prompt":"` + strings.Repeat("ä", 200) + `"}`: `prompt = "` + strings.Repeat("ä", 119) + `...`,
		`{"a\u001b":"\u202e"}`:                          `a\x1b = "\u202e"`,
		`[1, 2]`:                                        `[1, 2]`,
		`{"a":"b,c:\"d,e","f":{"g":1}}`:                 `a = "b,c:\"d,e", f = {"g": 1}`,
		`no JSON at all`:                                `no JSON at all`,
	} {
		if got := inputText(json.RawMessage(input)); got != want {
			t.Errorf("%s is shown as\n%s, want\n%s", input, got, want)
		}
	}
}

func FuzzInputLeavesNothingToObey(f *testing.F) {
	f.Add([]byte(`{"prompt":"a \u001b[31mred cat","urls":[1,{"a":"\u202e"}]}`))
	f.Add([]byte("{\"a\":\"\x1b\xff\"}"))
	f.Fuzz(func(t *testing.T, input []byte) {
		if got := inputText(input); strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is shown as %q", input, got)
		}
	})
}

// A state of thousands is written at once, not in pieces.
func TestALargeStateIsWrittenInLargePieces(t *testing.T) {
	s, _ := sampleState()
	one := s.Records[0]
	s.Records = nil
	for i := range 5000 {
		one.Address = task.Address{Name: "hero", Key: task.IndexKey(i)}
		s.Records = append(s.Records, one)
	}
	var w countingWriter
	if err := WriteState(&w, plain, s); err != nil {
		t.Fatal(err)
	}
	if w.bytes < 5000*200 || w.writes > w.bytes/2000 {
		t.Errorf("%d bytes in %d writes", w.bytes, w.writes)
	}
}

type countingWriter struct{ bytes, writes int }

func (w *countingWriter) Write(b []byte) (int, error) {
	w.bytes, w.writes = w.bytes+len(b), w.writes+1
	return len(b), nil
}

// What status and show say is next is one command, and one that helps.
func TestStatusNamesTheCommandThatFetchesWhatIsNotOnDisk(t *testing.T) {
	s, _ := sampleState()
	for want, records := range map[string][]state.Record{ // done, gone, dead, runs
		"Next: apixo-batch resume jobs.hcl\n" +
			"      resume collects what runs; apply also submits what was not, after asking.\n": s.Records[:4],
		"Next: apixo-batch download jobs.hcl\n":                      s.Records[:3],
		"in all runs (of it $0.03 reserved, perhaps not charged).\n": s.Records[2:3],
	} {
		part := s
		part.Records = records
		var b bytes.Buffer
		WriteStatus(&b, plain, part)
		if !strings.HasSuffix(b.String(), want) {
			t.Errorf("with %d records:\n%s", len(records), &b)
		}
	}
}
