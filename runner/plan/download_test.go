package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// What is paid for is collected although other instances cannot be evaluated: its
// URLs do not wait for the configuration to be mended.
func TestWhatCannotBeEvaluatedKeepsNothingFromBeingCollected(t *testing.T) {
	config := `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a still", aspect_ratio = "1:1" }
}
task "twin" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a twin", aspect_ratio = "1:1" }
}
task "clip" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "a clip", aspect_ratio = "1:1", image_urls = [task.still.urls[5]] }
}
`
	records := with(done(t, config[:strings.Index(config, "task \"clip\"")]), "task.twin", func(r *state.Record) {
		r.Status, r.Result, r.Artifacts = state.Running, nil, nil
	})
	if _, err := plan.Make(load(t, config), pointers(records), plan.Options{}); err == nil {
		t.Fatal("a plan that buys does not mind")
	}
	for _, options := range []plan.Options{{Resume: true}, {Download: true}} {
		p := makePlan(t, load(t, config), records, options)
		if len(p.Unevaluated) != 1 || p.Totals().Paying() != 0 || p.Totals().Count[plan.Collect] != 1 {
			t.Errorf("%+v: %d not evaluated, %d pay, counts %v", options, len(p.Unevaluated), p.Totals().Paying(), p.Totals().Count)
		}
	}
}

// A plan for a download has nothing that pays, and collects what is paid for and
// not on disk, whatever has become of its request.
func TestADownloadCollectsAllThatIsPaidForAndBuysNothing(t *testing.T) {
	block := func(name, prompt string) string {
		return `
task "` + name + `" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "` + prompt + `", aspect_ratio = "1:1" }
}`
	}
	var before, after string
	for _, name := range []string{"kept", "gone", "part", "runs", "fails", "retries", "doubt", "dead", "again"} {
		before += block(name, name)
		after += block(name, name)
	}
	for _, name := range []string{"changed", "changed_gone", "changed_runs", "changed_dead"} {
		before += block(name, name)
		after += block(name, "another "+name)
	}
	for _, name := range []string{"orphan", "orphan_gone", "orphan_runs"} {
		before += block(name, name)
	}
	records := done(t, before)
	missing := map[string]bool{}
	for _, name := range []string{"gone", "dead", "changed_gone", "changed_dead", "orphan_gone"} {
		missing["out/task."+name+".png"] = true
	}
	status := func(name string, s state.Status, change func(*state.Record)) {
		records = with(records, "task."+name, func(r *state.Record) {
			r.Status, r.Result, r.Artifacts = s, nil, nil
			change(r)
		})
	}
	running := func(*state.Record) {}
	status("runs", state.Running, running)
	status("changed_runs", state.Running, running)
	status("orphan_runs", state.Running, running)
	status("fails", state.Failed, func(r *state.Record) { r.Failure = &task.Failure{Reason: task.ContentPolicy} })
	status("retries", state.Failed, func(r *state.Record) { r.Failure = &task.Failure{Reason: task.Timeout, Retryable: true} })
	status("doubt", state.InDoubt, func(r *state.Record) { r.Doubt = &state.Doubt{Cause: "lost"} })
	records = with(records, "task.part", func(r *state.Record) { r.Result.URLs = append(r.Result.URLs, "https://cdn.example/2") })
	for _, name := range []string{"dead", "changed_dead"} {
		records = with(records, "task."+name, func(r *state.Record) { r.Failure = &task.Failure{Reason: task.Expired} })
	}

	again := func(a task.Address) bool { return a.Name == "again" }
	p := makePlan(t, load(t, after+block("new", "new")), records, plan.Options{Download: true, Missing: missing, Replace: again})
	want := []string{
		"= task.kept up_to_date", "> task.gone result_missing", "> task.part result_missing", "> task.runs running",
		"! task.fails failed", "= task.retries left_out", "? task.doubt in_doubt", "! task.dead failed", "= task.again left_out",
		"= task.changed left_out", "> task.changed_gone result_missing", "> task.changed_runs running", "= task.changed_dead left_out",
		"= task.new left_out",
		"- task.orphan not_declared", "> task.orphan_gone result_missing", "> task.orphan_runs running",
	}
	if diff := cmp.Diff(want, lines(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[plan.Omission]int{plan.ByDownload: 5}, p.Totals().LeftOut); diff != "" {
		t.Errorf("what leaves out (-want +got):\n%s", diff)
	}
	if n := p.Totals().Paying(); n != 0 {
		t.Errorf("%d actions pay", n)
	}
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind == plan.Collect && a.Reason != plan.LeftOut && (a.LeftOutBy != "" || !a.Collects()) {
			t.Errorf("%s: %+v", a.Address, a)
		}
	}
}

// A plan and a download say alike how much of a result is not on disk.
func TestWhatIsNotOnDiskIsCounted(t *testing.T) {
	const text = `
task "base" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "base", aspect_ratio = "1:1" }
}`
	for _, test := range []struct {
		urls int // beyond the one whose file was saved
		want string
	}{{0, "1 of 1 file is not on disk"}, {1, "2 of 2 files are not on disk"}} {
		records := with(done(t, text), "task.base", func(r *state.Record) {
			for range test.urls {
				r.Result.URLs = append(r.Result.URLs, "https://cdn.example/2")
			}
		})
		for _, download := range []bool{false, true} {
			opts := plan.Options{Download: download, Missing: map[string]bool{"out/task.base.png": true}}
			if got := makePlan(t, load(t, text), records, opts).Actions[0].Detail; got != test.want {
				t.Errorf("download %v: %q, want %q", download, got, test.want)
			}
		}
	}
}
