package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// sampleSupport has a record of each kind that somebody asks support about.
func sampleSupport() Support {
	at := func(minutes int) time.Time {
		return noon.In(time.FixedZone("elsewhere", 2*3600)).Add(time.Duration(minutes) * time.Minute)
	}
	request := task.Request{Model: "nano-banana", Input: json.RawMessage(
		`{"image_urls":["https://me:secret@x.example/a.png?X-Amz-Signature=secret&e=1"],"prompt":"hmac-sha256:0a1b"}`)}
	print := request.Fingerprint()
	record := func(key string, s state.Status) state.Record {
		return state.Record{
			Address: address("hero", key), Status: s, Request: request, Fingerprint: print, SubmittedAt: at(0), Nonce: "NONCE",
		}
	}
	failed := record("failed", state.Failed)
	failed.TaskID, failed.AcceptedAt, failed.FinishedAt = "task_2", at(1), at(3)
	failed.Failure = &task.Failure{Reason: task.Timeout, Code: "Task TimeOut", Message: "no answer\nTask ID: forged\x1b[2J"}
	failed.Past = []state.Past{
		{TaskID: "task_1", Fingerprint: print, Status: state.Failed, SubmittedAt: at(-60), FinishedAt: at(-50),
			Failure: &task.Failure{Code: "GENERATION_FAILED", Message: "failed"}},
		{Fingerprint: "1:other", Status: state.InDoubt, SubmittedAt: at(-90)},
		{Fingerprint: print, Status: state.Failed, SubmittedAt: at(-10), FinishedAt: at(-10), Failure: &task.Failure{Code: "500", Message: "Internal server error"}},
	}
	refused := record("refused", state.Failed)
	refused.FinishedAt = at(0)
	refused.Failure = &task.Failure{Reason: task.ServerError, Code: "503", Message: "Service unavailable"}
	running := record("running", state.Running)
	running.TaskID, running.AcceptedAt = "task_3", at(1)
	doubt := record("doubt", state.InDoubt)
	doubt.Doubt = &state.Doubt{Since: at(1), Cause: "HTTP 502 without the API's envelope", HTTPStatus: 502}
	expired := record("expired", state.Succeeded)
	expired.TaskID, expired.AcceptedAt, expired.FinishedAt = "task_4", at(1), at(2)
	expired.Result = &task.Result{URLs: []string{"https://file.apixo.ai/temp/a.png?sig=secret"}, CreatedAt: at(1), CompletedAt: at(2), ReceivedAt: at(2)}
	expired.Failure = &task.Failure{Reason: task.Expired, Message: `its URL lived until now (Get "https://file.apixo.ai/temp/a.png?sig=secret": EOF)`}
	return Support{
		Records:  []state.Record{failed, refused, running, doubt, record("sending", state.Submitting), expired},
		Endpoint: "api.apixo.ai", Version: "v1.2.3",
	}
}

func supportText(t *testing.T, s Support) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSupport(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatSupportAsksForWhateverBecameOfATask(t *testing.T) {
	text := supportText(t, sampleSupport())
	golden(t, "support.txt", text)
	for _, not := range []string{"secret", "NONCE", "\x1b"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in the report", not)
		}
	}
	if n := strings.Count(text, "\nTask ID: "); n != 6 {
		t.Errorf("%d lines begin with a task ID, want 6", n)
	}
}

func TestAReportOfARehearsalIsNotToBeSent(t *testing.T) {
	s := sampleSupport()
	s.Simulated = true
	if text := supportText(t, s); !strings.HasPrefix(text, "SIMULATED: ") || strings.Contains(text, "support@apixo.ai") {
		t.Errorf("the report begins with %.80q", text)
	}
}

func TestTheSummaryNamesSupportOnceAfterA5xx(t *testing.T) {
	ended := func(key string, r task.Reason) runner.Ended {
		return runner.Ended{Address: address("hero", key), Failure: task.Failure{Reason: r, Retryable: true}}
	}
	failed := []runner.Ended{ended("a", task.Timeout), ended("b", task.ServerError), ended("c", task.ServerError)}
	for _, test := range []struct {
		name string
		sum  runner.Summary
		want string
	}{
		{"nothing went wrong", runner.Summary{Done: 1}, ""},
		{"no 5xx", runner.Summary{Failed: failed[:1]}, ""},
		{"failed after repeats", runner.Summary{Failed: failed, Repeated: 3, RepeatedAt: address("hero", "a")}, "\n  apixo-batch support 'task.hero[\"b\"]' jobs.hcl\n"},
		{"done after a repeat", runner.Summary{Done: 1, Repeated: 1, RepeatedAt: address("hero", "a")}, "\n  apixo-batch support 'task.hero[\"a\"]' jobs.hcl\n"},
	} {
		text := summaryText(Summary{Summary: test.sum, Operation: "apply", Target: Target{Path: "jobs.hcl"}})
		if n := strings.Count(text, "apixo-batch support"); n != strings.Count(test.want, "support") || !strings.Contains(text, test.want) {
			t.Errorf("%s: want %q in\n%s", test.name, test.want, text)
		}
		fits(t, text)
	}
}
