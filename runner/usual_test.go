package runner_test

import (
	"fmt"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func TestUsualTimesAreThoseOfTheResults(t *testing.T) {
	request := task.Request{Model: "nano-banana", Input: []byte(`{"prompt":"a pier"}`)}
	var records []state.Record
	for n := range 40 {
		created := time.Date(2026, 11, 22, 12, n, 0, 1e6, time.UTC)
		records = append(records, state.Record{
			Address: task.Address{Name: "a", Key: task.IndexKey(n)}, Status: state.Succeeded, Request: request,
			Result: &task.Result{URLs: []string{fmt.Sprint(n)}, CreatedAt: created, CompletedAt: created.Add(100 * time.Second)},
		})
	}
	records = append(records, state.Record{Status: state.Failed, Request: request}, state.Record{Status: state.Succeeded, Request: request})
	known := runner.NewUsualTimes(records, catalog.Default())
	if got := known.Of(request); got < 95*time.Second || got > 105*time.Second {
		t.Errorf("after forty results of 100 s: %s", got)
	}
	unknown := runner.NewUsualTimes(nil, catalog.Default())
	if got := unknown.Of(request); got < 2*time.Second || got > time.Minute {
		t.Errorf("by the documents an image takes %s", got)
	}
	if got := unknown.Of(task.Request{Model: "nobody-knows"}); got <= 0 {
		t.Errorf("a model that nobody knows takes %s", got)
	}
}
