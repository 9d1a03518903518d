package runner

import (
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Only of what is done for good nothing is left to tell: it is let go, and counted once.
func TestJobsThatAreDoneAreLetGo(t *testing.T) {
	done := state.Record{Status: state.Succeeded, Result: new(task.Result)}
	unfetched := done
	unfetched.Result = &task.Result{URLs: []string{"https://cdn.example.com/0.png"}}
	for name, c := range map[string]struct {
		kind   plan.Kind
		record state.Record
		set    func(*job)
		url    string
		gone   bool
	}{
		"done":               {kind: plan.Submit, record: done, gone: true},
		"not all on disk":    {kind: plan.Submit, record: unfetched},
		"running":            {kind: plan.Submit, record: state.Record{Status: state.Running}},
		"failed":             {kind: plan.Submit, record: state.Record{Status: state.Failed, Failure: new(task.Failure)}},
		"rejected":           {kind: plan.Submit, record: state.Record{Status: state.Succeeded, Result: new(task.Result), Failure: new(task.Failure)}},
		"worked on":          {kind: plan.Submit, record: done, set: func(j *job) { j.busy = true }},
		"skipped":            {kind: plan.Regenerate, record: done, set: func(j *job) { j.skip(task.Halted, "") }},
		"not submitted yet":  {kind: plan.Regenerate, record: done, set: func(j *job) { j.declared = false }},
		"only collected":     {kind: plan.Collect, record: done},
		"webhooks are taken": {kind: plan.Submit, record: done, url: "https://hooks.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			instance := &spec.Instance{InstanceSettings: new(spec.InstanceSettings)}
			j := &job{action: &plan.Action{Kind: c.kind, Instance: instance}, record: &c.record, declared: true}
			if c.set != nil {
				c.set(j)
			}
			r := &run{Runner: &Runner{opts: Options{CallbackURL: c.url}}}
			s := &scheduler{run: r, jobs: []*job{j}}
			s.letGo(j)
			if gone := s.jobs[0] == nil; gone != c.gone || (r.summary.Done == 1) != c.gone {
				t.Errorf("gone: %t, counted: %d; want %t", gone, r.summary.Done, c.gone)
			}
		})
	}
}
