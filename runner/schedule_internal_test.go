package runner

import (
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// evaluatedInstance is an instance, and its input.
func evaluatedInstance(t *testing.T) (*spec.Instance, *spec.Evaluation) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	config := "task \"hero\" {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = \"a harbour\", aspect_ratio = \"1:1\" }\n}\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{Catalog: catalog.Default()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	eval, err := s.Instances[0].Evaluate(nil, nil)
	if err != nil || !eval.Known {
		t.Fatal(eval, err)
	}
	return s.Instances[0], eval
}

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
			instance, eval := evaluatedInstance(t)
			j := &job{action: &plan.Action{Kind: c.kind, Instance: instance, Eval: eval}, record: &c.record, declared: true}
			if c.set != nil {
				c.set(j)
			}
			r := &run{Runner: &Runner{opts: Options{CallbackURL: c.url}}}
			s := &scheduler{run: r, jobs: []*job{j}}
			s.letGo(j)
			if gone := s.jobs[0] == nil; gone != c.gone || (r.summary.Done == 1) != c.gone {
				t.Errorf("gone: %t, counted: %d; want %t", gone, r.summary.Done, c.gone)
			}
			if again, err := instance.Evaluate(nil, nil); err != nil || (again != eval) != c.gone || j.action.Eval.Known == c.gone {
				t.Errorf("its input is held: %t by the action, %t by the instance; want %t (%v)", j.action.Eval.Known, again == eval, !c.gone, err)
			}
		})
	}
}
