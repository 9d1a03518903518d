package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func summaryText(s Summary) string {
	var b bytes.Buffer
	writeSummary(&b, plain, s)
	return b.String()
}

func TestSummaryForPeople(t *testing.T) {
	text := summaryText(sampleSummary())
	golden(t, "summary-incomplete.txt", text)
	fits(t, text)

	interrupted := Summary{
		Summary: runner.Summary{
			Started: noon, Ended: noon.Add(5 * time.Second), Done: 1, Accepted: 2, Spent: 6 * cent,
			Running: []runner.Ended{{Address: address("clip", "cat"), TaskID: "task_1"}},
		},
		Target: Target{Path: "jobs.hcl", Simulated: true}, Operation: "resume", Interrupted: "interrupt",
	}
	golden(t, "summary-interrupted.txt", summaryText(interrupted))

	complete := Summary{Summary: runner.Summary{Started: noon, Ended: noon.Add(time.Second), Done: 7}, Operation: "apply"}
	golden(t, "summary-complete.txt", summaryText(complete))
}

func TestTheSummarySaysWhereTheResultsAre(t *testing.T) {
	s := Summary{Operation: "apply", Summary: runner.Summary{Done: 1}, Results: "pictures/out\x1b"}
	if text, want := summaryText(s), "\nResults are in pictures/out\\x1b.\n"; !strings.Contains(text, want) {
		t.Errorf("want %q in\n%s", want, text)
	}
	s.Results = ""
	if text := summaryText(s); strings.Contains(text, "Results") {
		t.Errorf("there are none:\n%s", text)
	}
}

func TestNextCommand(t *testing.T) {
	ended := func(f task.Failure) []runner.Ended { return []runner.Ended{{Failure: f}} }
	for _, test := range []struct {
		name string
		sum  Summary
		want string
	}{
		{"nothing is left", Summary{}, ""},
		{"failed for good", Summary{Summary: runner.Summary{Failed: ended(task.Failure{Reason: task.ContentPolicy})}}, ""},
		{"failed retryably", Summary{Summary: runner.Summary{Failed: ended(task.Failure{Retryable: true})}}, "apixo-batch resume"},
		{"still running", Summary{Summary: runner.Summary{Running: make([]runner.Ended, 1)}}, "apixo-batch resume"},
		{"not downloaded", Summary{Summary: runner.Summary{Undelivered: make([]runner.Ended, 1)}}, "apixo-batch resume"},
		{"something unsubmitted", Summary{Summary: runner.Summary{Running: make([]runner.Ended, 1)}, Pending: true}, "apixo-batch apply"},
		{"a pilot", Summary{LeftOut: map[plan.Omission]int{plan.ByLimit: 3}, Target: Target{Selection: []string{"-limit=1"}}}, "apixo-batch apply"},
		{"a pilot that failed", Summary{
			LeftOut: map[plan.Omission]int{plan.ByLimit: 3}, Summary: runner.Summary{Failed: ended(task.Failure{Reason: task.ContentPolicy})},
		}, ""},
		{"with webhooks", Summary{
			Summary: runner.Summary{Running: make([]runner.Ended, 1)},
			Target:  Target{Simulated: true, Selection: []string{"-limit=1"}, Webhooks: []string{"-listen=:8080", "-callback-url=https://a b"}},
		}, "apixo-batch resume -simulate -limit=1 -listen=:8080 '-callback-url=https://a b'"},
		{"a saved plan with webhooks", Summary{
			Summary: runner.Summary{Running: make([]runner.Ended, 1)}, Pending: true, Target: Target{Plan: "jobs.plan", Webhooks: []string{"-listen=:8080"}},
		}, "apixo-batch apply -listen=:8080 jobs.plan"},
		{"resume, beside what is new", Summary{LeftOut: map[plan.Omission]int{plan.ByResume: 3}}, ""},
	} {
		test.sum.Target.Path = "."
		if got := test.sum.Next(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// What is in the way is to be moved only where something is.
func TestADownloadThatFailedSaysThatItIsPaidFor(t *testing.T) {
	hosts := runner.Ended{Address: address("a", ""), Failure: task.Failure{Reason: task.DownloadFailed, Message: "the file's host answered 404 Not Found"}}
	ours := runner.Ended{
		Address: address("b", ""), Failure: task.Failure{Reason: task.DownloadFailed, Message: "out/b.png exists and is not of this task"}, Obstructed: true,
	}
	for want, failed := range map[string][]runner.Ended{
		"fetching it again costs nothing. Next:":                                        {hosts},
		"fetching it again costs nothing, once what is in the way is moved away. Next:": {hosts, ours},
	} {
		text := summaryText(Summary{Operation: "apply", Target: Target{Path: "jobs.hcl"}, Summary: runner.Summary{Failed: failed}})
		said := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{failed[0].Failure.Message, "What could not be downloaded is paid for, and " + want + " apixo-batch resume jobs.hcl"} {
			if !strings.Contains(said, want) {
				t.Errorf("want %q in\n%s", want, text)
			}
		}
	}
}

func sampleStatus() Status {
	accepted := noon.Add(-90 * time.Second)
	return Status{
		Target: Target{Path: "jobs.hcl"}, Path: "jobs.state.json", Header: state.Header{Endpoint: "api.apixo.ai", Lineage: "l", Serial: 3},
		Committed: 15 * cent, Reserved: 3 * cent, Now: noon, Missing: map[string]bool{"out/a.png": true},
		Records: []state.Record{
			{Address: address("a", ""), Status: state.Succeeded, Cost: 3 * cent, Priced: true,
				Result:    &task.Result{URLs: []string{"https://x/a.png"}, ReceivedAt: noon.Add(-20 * time.Hour)},
				Artifacts: []state.Artifact{{Path: "out/a.png"}}},
			{Address: address("b", ""), Status: state.Running, TaskID: "task_\x1bb", AcceptedAt: accepted},
			{Address: address("c", ""), Status: state.InDoubt, Cost: 3 * cent, Priced: true,
				Doubt: &state.Doubt{Since: accepted, Cause: "HTTP 502 without the API's envelope"}},
			{Address: address("d", ""), Status: state.Failed, Failure: &task.Failure{Reason: task.Timeout, Code: "Task TimeOut", Retryable: true}},
			{Address: address("e", ""), Status: state.Submitting, SubmittedAt: accepted},
		},
	}
}

func TestStatusForPeopleAndPrograms(t *testing.T) {
	var b bytes.Buffer
	WriteStatus(&b, plain, sampleStatus())
	golden(t, "status.txt", b.String())
	fits(t, b.String())
	b.Reset()
	if err := WriteStatusJSON(&b, sampleStatus(), "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", b.String())
}

// A failure stands in one list, with its reason, when it was, and the newest first.
func TestStatusListsAFailureOnce(t *testing.T) {
	s := Status{Path: "jobs.state.json", Now: noon}
	for i := range 12 {
		s.Records = append(s.Records, state.Record{
			Address: address("hero", fmt.Sprint(i)), Status: state.Failed, FinishedAt: noon.Add(-time.Hour + time.Duration(i)*time.Minute),
			Failure: &task.Failure{Reason: task.ContentPolicy, Code: "NSFW"},
		})
	}
	s.Records = append(s.Records, state.Record{
		Address: address("kept", ""), Status: state.Succeeded, FinishedAt: noon.Add(-time.Hour),
		Result:  &task.Result{URLs: []string{"u"}, ReceivedAt: noon},
		Failure: &task.Failure{Reason: task.DownloadFailed, Message: "no space left on device"},
	})
	var b bytes.Buffer
	WriteStatus(&b, plain, s)
	text := b.String()
	for _, want := range []string{
		"Failed, content_policy:\n  task.hero[\"11\"]  49m0s ago: NSFW\n", "  ... and 2 more\n\nResults not on disk:\n",
		"  task.kept  1 of 1 file, its URLs expire in 24h0m; no space left on device\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "NSFW"); n != listEnded || strings.Contains(text, "task.hero[\"0\"]") {
		t.Errorf("%d failures, want the newest %d, each once:\n%s", n, listEnded, text)
	}
}

// What counts as failed is the same for people and for programs: a result that is
// rejected does, but not once it is submitted anew, nor what was not downloaded.
func TestStatusCountsWhatIsRejectedAsFailed(t *testing.T) {
	record := func(name string, status state.Status, reason task.Reason) state.Record {
		return state.Record{
			Address: address(name, ""), Status: status, FinishedAt: noon.Add(-time.Hour),
			Result: &task.Result{URLs: []string{"u"}, ReceivedAt: noon}, Failure: &task.Failure{Reason: reason, Message: "of " + name},
		}
	}
	s := Status{Target: Target{Path: "jobs.hcl"}, Path: "jobs.state.json", Now: noon, Records: []state.Record{
		record("poor", state.Succeeded, task.Rejected), record("anew", state.Submitting, task.Rejected), record("again", state.Running, task.Rejected),
		record("bad", state.Failed, task.ContentPolicy), record("kept", state.Succeeded, task.DownloadFailed),
	}}
	var text, asJSON bytes.Buffer
	WriteStatus(&text, plain, s)
	if err := WriteStatusJSON(&asJSON, s, ""); err != nil {
		t.Fatal(err)
	}
	if want := "Rejected by a postcondition, paid for and kept:\n  task.poor  1h0m ago: of poor\n"; !strings.Contains(text.String(), want) {
		t.Errorf("want %q in\n%s", want, text.String())
	}
	for _, other := range []string{"of anew", "of again"} {
		if strings.Contains(text.String(), other) {
			t.Errorf("%q is told as a failure:\n%s", other, text.String())
		}
	}
	if want := `"failures":{"content_policy":1,"rejected":1}`; !strings.Contains(strings.Join(strings.Fields(asJSON.String()), ""), want) {
		t.Errorf("want %s in\n%s", want, asJSON.String())
	}
}

func TestASubmitThatSomebodyWaitsForIsNoDoubt(t *testing.T) {
	s := sampleStatus()
	if n := len(s.doubts()); n != 2 {
		t.Errorf("%d doubts without a run, want 2", n)
	}
	s.Holder = &state.LockInfo{Operation: "apply"}
	if n := len(s.doubts()); n != 1 {
		t.Errorf("%d doubts during a run, want 1", n)
	}
}

func TestTheSummaryTellsUntilWhenResultsCanBeFetched(t *testing.T) {
	s := Summary{Operation: "apply", Target: Target{Path: "jobs.hcl"}, Summary: runner.Summary{
		Started: noon.Add(-time.Minute), Ended: noon, Done: 1,
		Failed: []runner.Ended{{
			Address: address("hero", "ant"), ExpiresAt: noon.Add(20 * time.Hour),
			Failure: task.Failure{Reason: task.DownloadFailed, Message: "no space left on device"},
		}},
		Undelivered: []runner.Ended{
			{Address: address("clip", "owl"), TaskID: "task_owl", ExpiresAt: noon.Add(21 * time.Hour)},
			{Address: address("clip", "elk"), TaskID: "task_elk", ExpiresAt: noon.Add(-time.Second)},
		},
	}}
	text := summaryText(s)
	for _, want := range []string{
		"task.clip[\"owl\"]  its URLs expire in 21h0m, task task_owl\n",
		"task.clip[\"elk\"]  its URLs have expired, task task_elk\n",
		"2 results are paid for and not on disk; the first expires at 2026-11-23 08:00:00\n  UTC, in 20h0m.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	fits(t, text)
	said := written(t, func(view *JSON) { view.Summary(s) }).String()
	for _, want := range []string{`"expires_at":"2026-11-23T08:00:00Z"`, `"expires_at":"2026-11-23T09:00:00Z"`, `"expires_at":"2026-11-22T11:59:59Z"`} {
		if !strings.Contains(said, want) {
			t.Errorf("want %s in %s", want, said)
		}
	}
	s.Undelivered = nil
	if text, want := summaryText(s), "1 result is paid for and not on disk; it expires at 2026-11-23 08:00:00 UTC, in\n  20h0m.\n"; !strings.Contains(text, want) {
		t.Errorf("want %q in\n%s", want, text)
	}
}

// Of one it is said in the singular.
func TestTheSummaryCountsWhatMayHaveBeenChargedAgain(t *testing.T) {
	for n, wants := range map[int][]string{
		1: {"1 submit was repeated after a 5xx; it may have been charged.", "Submitted again while in doubt: 1, it may have been charged twice ($0.03)."},
		2: {"2 submits were repeated after a 5xx; each may have been charged.", "Submitted again while in doubt: 2, each may have been charged twice ($0.06)."},
	} {
		text := summaryText(Summary{Operation: "apply", Summary: runner.Summary{
			Done: n, Repeated: n, Resubmitted: n, ResubmittedCost: 3 * cent * task.Cost(n),
		}})
		for _, want := range wants {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("want %q in\n%s", want, text)
			}
		}
	}
}
