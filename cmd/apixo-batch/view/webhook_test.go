package view

import (
	"strings"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/state"
)

func TestWebhooksAreToldOf(t *testing.T) {
	for _, test := range []struct {
		event             runner.Event
		text, kind, level string
	}{
		{runner.Event{Kind: runner.Settled, Address: address("hero", "cat"), Detail: "accepted as task x\x1b"}, `settled: accepted as task x\x1b`, "task_settled", "info"},
		{runner.Event{Kind: runner.Nearing, Detail: "most of it", Bound: new(runner.BoundEvent)}, "Running low: most of it", "budget", "warn"},
		{runner.Event{Kind: runner.Unheard, Detail: "nothing came"}, "No webhooks: nothing came", "webhooks_missing", "warn"},
	} {
		if got := (&Human{ErrStyle: plain, Live: true}).eventText(test.event); !strings.HasSuffix(got, test.text) {
			t.Errorf("got %q, want %q", got, test.text)
		}
		b := written(t, func(j *JSON) { j.Event(test.event) })
		if got := b.String(); !strings.Contains(got, `"type":"`+test.kind+`"`) || !strings.Contains(got, `"@level":"`+test.level+`"`) {
			t.Errorf("got %s", got)
		}
	}
}

func TestTallyTakesWhatAWebhookSettledForRunning(t *testing.T) {
	tally := newTally(twoSubmits())
	settled, earlier := event(runner.Settled, "cat"), event(runner.Settled, "dog")
	settled.Record.Status, earlier.Record.Status = state.Running, state.InDoubt // of the second, a task before the last was found
	for _, e := range []runner.Event{event(runner.Doubted, "cat"), settled, event(runner.Doubted, "dog"), earlier} {
		tally.add(e)
	}
	if got := tally.text(); !strings.Contains(got, "1 in doubt, 1 running") {
		t.Errorf("got %q", got)
	}
}
