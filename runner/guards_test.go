package runner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// guarded writes one task with further lines in its block.
func guarded(name, prompt, lines string) string {
	text := image(name, "nano-banana", prompt)
	return strings.TrimSuffix(text, "}\n") + lines + "\n}\n"
}

const never = "postcondition {\n  condition = self.files[0].bytes > 100000000\n  error_message = \"${self.files[0].path} is too small\"\n}"

// after writes a task that uses the result of another.
func after(name, upstream string) string {
	return `task "` + name + `" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "more", image_urls = [task.` + upstream + `.urls[0]], aspect_ratio = "1:1" }
}
`
}

// planError is what a plan for the configuration says.
func (w *world) planError(opts plan.Options) error {
	w.t.Helper()
	store := w.open()
	defer store.Close()
	s, diags := spec.Load(w.statePath()[:len(w.statePath())-len("jobs.state.json")]+"jobs.hcl", spec.LoadOptions{Catalog: catalog.Default()})
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	_, err := plan.Make(s, store.Outline().Records, opts)
	return err
}

func (w *world) accepted() int { return len(w.sim.Ledger()) }

func TestRejectedResultIsPaidKeptAndNeverRerun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, guarded("a", "P1", never)+after("b", "a"), simulator.Config{Seed: 1})
		s := w.mustApply()
		if s.Accepted != 1 || len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.Rejected || len(s.Skipped) != 1 {
			t.Fatalf("summary: %+v", s)
		}
		r := w.record("task.a")
		if r.Status != state.Succeeded || !r.Complete() || r.Failure == nil || !strings.Contains(r.Failure.Message, "out/a/a-0.jpg is too small") ||
			!strings.Contains(r.Failure.Message, "self.files[0].bytes is ") {
			t.Errorf("record: %+v", r)
		}
		w.checkFiles()
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 || len(s.Skipped) != 1 {
			t.Errorf("another apply: %+v", s)
		}
		all := plan.Options{Replace: func(a task.Address) bool { return a.Name == "a" }}
		if s, err := w.applyPlan(context.Background(), all, nil); err != nil || s.Accepted != 1 || len(s.Failed) != 1 {
			t.Errorf("-replace: %+v, %v", s, err)
		}
		w.check()
	})
}

func TestVerdictFollowsTheConditionAndNothingIsBoughtForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, guarded("a", "P1", never), simulator.Config{Seed: 2})
		w.mustApply()
		w.write(image("a", "nano-banana", "P1")) // without a postcondition
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 0 || w.record("task.a").Failure != nil {
			t.Errorf("without it: %+v, %+v", s, w.record("task.a").Failure)
		}
		w.write(guarded("a", "P1", strings.Replace(never, ">", "<", 1)) + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 1 || s.Done != 1 {
			t.Errorf("true: %+v", s)
		}
		w.write(guarded("a", "P1", never) + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 || w.record("task.a").Failure == nil {
			t.Errorf("false again: %+v", s)
		}
		if b := w.record("task.b"); b.Status != state.Succeeded || !b.Complete() {
			t.Errorf("task.b: %+v", b)
		}
		w.check()
	})
}

func TestPostconditionThatCannotBeEvaluatedLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, guarded("a", "P1", "postcondition {\n  condition = self.files[7].bytes > 1\n  error_message = \"no\"\n}"), simulator.Config{Seed: 3})
		if s := w.mustApply(); s.Accepted != 1 || len(s.Failed) != 1 {
			t.Errorf("summary: %+v", s)
		}
		r := w.record("task.a")
		if !r.Complete() || r.Failure == nil || !strings.Contains(r.Failure.Message, "cannot be evaluated") {
			t.Errorf("record: %+v", r.Failure)
		}
		w.checkFiles()
		w.check()
	})
}

// A dependent waits for the verdict, also where the result was there before and
// only its files were still to be fetched.
func TestDependentsWaitForTheVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, guarded("a", "[sim:file=500,times=5] P1", never), simulator.Config{Seed: 4})
		if s := w.mustApply(); len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.DownloadFailed {
			t.Fatalf("summary: %+v", s)
		}
		w.write(guarded("a", "[sim:file=500,times=5] P1", never) + after("b", "a"))
		if s := w.mustApply(); s.Accepted != 0 || len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.Rejected || len(s.Skipped) != 1 {
			t.Errorf("summary: %+v", s)
		}
		w.check()
	})
}

func TestEqualRejectionsEndSubmitting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "batch {\n  parallelism = 1\n}\n"+`
task "a" {
  model = "nano-banana"
  count = 30
  input = { mode = "text-to-image", prompt = "P${count.index}", aspect_ratio = "1:1" }
`+never+"\n}\n", simulator.Config{Seed: 5})
		if s := w.mustApply(); s.Stop != task.Halted || s.Accepted > 15 {
			t.Errorf("stop %q after %d", s.Stop, s.Accepted)
		}
	})
}

func TestFalsePreconditionIsAnErrorOfThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := "precondition {\n  condition = length(self.input.prompt) > 5\n  error_message = \"The prompt is too short.\"\n}"
		w := newWorld(t, guarded("a", "P1", lines), simulator.Config{Seed: 6})
		err := w.planError(plan.Options{})
		if err == nil || !strings.Contains(err.Error(), "The prompt is too short.") || !strings.Contains(err.Error(), `self.input.prompt is the text "P1"`) {
			t.Errorf("error: %v", err)
		}
		if err := w.planError(plan.Options{Resume: true}); err != nil {
			t.Errorf("resume: %v", err)
		}
		w.write(guarded("a", "P1 and more", lines))
		w.mustApply()
		w.write(guarded("a", "P1 and more", strings.Replace(lines, "> 5", "> 5000", 1)))
		if err := w.planError(plan.Options{}); err != nil { // it is bought, and guards nothing more
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestPreconditionThatIsFalseLaterCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := strings.TrimSuffix(after("b", "a"), "}\n") + "precondition {\n  condition = task.a.cost > 100\n  error_message = \"too cheap\"\n}\n}\n"
		w := newWorld(t, image("a", "nano-banana", "P1")+b+after("c", "b"), simulator.Config{Seed: 7})
		s := w.mustApply()
		if s.Accepted != 1 || len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.Rejected || !strings.Contains(s.Failed[0].Failure.Message, "too cheap") || len(s.Skipped) != 1 {
			t.Errorf("summary: %+v", s)
		}
		if err := w.planError(plan.Options{}); err == nil || !strings.Contains(err.Error(), "too cheap") {
			t.Errorf("next plan: %v", err)
		}
		w.check()
	})
}

func TestIgnoredChangesKeepTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ignoring := "lifecycle {\n  ignore_changes = [input.prompt]\n}"
		w := newWorld(t, guarded("a", "P1", ignoring), simulator.Config{Seed: 8})
		w.mustApply()
		w.write(guarded("a", "P2", ignoring))
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("ignored: %+v", s)
		}
		w.write(guarded("a", "P2", strings.Replace(ignoring, "input.prompt", "input.seed", 1)))
		if s := w.mustApply(); s.Accepted != 1 {
			t.Errorf("not ignored: %+v", s)
		}
		// What somebody else asks for as it was bought is his.
		w.write(guarded("b", "P2", "") + guarded("a", "P3", ignoring))
		if s := w.mustApply(); s.Accepted != 1 || w.record("task.b").Artifacts[0].Path != "out/a/a-0.jpg" {
			t.Errorf("renamed: %+v", s)
		}
		w.check()
	})
}

func TestProtectedResultIsNotBoughtAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		protected := "lifecycle {\n  prevent_regenerate = true\n}"
		w := newWorld(t, guarded("a", "[sim:fail=NSFW] P1", protected), simulator.Config{Seed: 9})
		w.mustApply()
		w.write(guarded("a", "P2", protected)) // a failure is nothing to protect
		if s := w.mustApply(); s.Accepted != 1 {
			t.Fatalf("summary: %+v", s)
		}
		w.write(guarded("a", "P3", protected))
		said := func(opts plan.Options) string { return fmt.Sprint(w.planError(opts)) }
		bought := w.record("task.a")
		for _, want := range []string{
			"task.a would be bought anew, for $0.03: prompt changed.",
			"keeps task " + bought.TaskID + " of nano-banana, bought at " + bought.AcceptedAt.UTC().Format("2006-01-02 15:04") + " UTC for $0.03, in out/a/a-0.jpg.",
			"undo the change, name the fields in ignore_changes, or leave it out with -exclude='task.a'",
			"remove prevent_regenerate",
		} {
			if got := said(plan.Options{}); !strings.Contains(got, want) {
				t.Errorf("%q is missing in %s", want, got)
			}
		}
		if err := w.planError(plan.Options{Selection: plan.Selection{Exclude: func(task.Address) bool { return true }}}); err != nil {
			t.Errorf("-exclude: %v", err)
		}
		w.write(guarded("a", "P2", protected))
		got := said(plan.Options{Replace: func(task.Address) bool { return true }})
		if !strings.Contains(got, "task.a would be bought anew, for $0.03: asked for by -replace.") || !strings.Contains(got, "run without -replace for it") || strings.Contains(got, "ignore_changes") {
			t.Errorf("-replace: %s", got)
		}
	})
}

// What is protected may be an earlier result, one that runs, or one of several files.
func TestProtectedResultIsNamedWhereverItIs(t *testing.T) {
	protected := "lifecycle {\n  prevent_regenerate = true\n}"
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, image("a", "nano-banana", "P1"), simulator.Config{Seed: 9})
		w.mustApply()
		first := w.record("task.a").TaskID
		w.write(image("a", "nano-banana", "[sim:http=402] P2"))
		w.mustApply()
		w.write(guarded("a", "P3", protected))
		if got := fmt.Sprint(w.planError(plan.Options{})); !strings.Contains(got, "keeps task "+first+" of nano-banana, bought at") || !strings.Contains(got, "in out/a/a-0.jpg.") {
			t.Errorf("an earlier one: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, guarded("a", "[sim:latency=20m] P1", protected), simulator.Config{Seed: 9})
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		_, _ = w.apply(ctx, nil)
		cancel()
		w.write(guarded("a", "P2", protected))
		if got := fmt.Sprint(w.planError(plan.Options{})); !strings.Contains(got, "keeps task "+w.record("task.a").TaskID+" of nano-banana, bought at") || !strings.Contains(got, "UTC for $0.03, which still runs.") {
			t.Errorf("one that runs: %s", got)
		}
	})
}

// Cut between the new result of a and the new one of b, the next run knows of it.
func TestReplaceTriggeredByOutlivesACut(t *testing.T) {
	config := func(prompt string) string {
		return image("a", "nano-banana", prompt) + guarded("b", "[sim:latency=2m] B", "lifecycle {\n  replace_triggered_by = [task.a]\n}")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config("P1"), simulator.Config{Seed: 10, Latency: &simulator.Latency{Min: 20e9, Max: 21e9}})
		if s := w.mustApply(); s.Accepted != 2 {
			t.Fatalf("summary: %+v", s)
		}
		w.write(config("P2"))
		s, err := w.applyPlan(context.Background(), plan.Options{Selection: plan.Selection{Target: func(a task.Address) bool { return a.Name == "a" }}}, nil)
		if err != nil || s.Accepted != 1 {
			t.Fatalf("a alone: %+v, %v", s, err)
		}
		if s := w.mustApply(); s.Accepted != 1 || s.Done != 1 {
			t.Errorf("b follows: %+v", s)
		}
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("again: %+v", s)
		}
	})
}

func TestNewTriggerBuysNothingUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := guarded("b", "B", "lifecycle {\n  replace_triggered_by = [task.a]\n}")
		w := newWorld(t, image("b", "nano-banana", "B"), simulator.Config{Seed: 11})
		w.mustApply()
		w.write(image("a", "nano-banana", "P1") + image("b", "nano-banana", "B"))
		w.mustApply()
		w.write(image("a", "nano-banana", "P1") + b)
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("at once: %+v", s)
		}
		w.write(image("a", "nano-banana", "P2") + b)
		if s := w.mustApply(); s.Accepted != 2 {
			t.Errorf("after a change: %+v", s)
		}
	})
}

// A postcondition that needs the files of another result waits for them; if they
// do not come, nothing is bought with a result that nobody could judge.
func TestResultThatCannotBeJudgedIsNotUsed(t *testing.T) {
	config := func(file, condition string) string {
		return image("w", "nano-banana", file+" W") + guarded("x", "X", "postcondition {\n  condition = "+condition+"\n  error_message = \"bad x\"\n}") + after("d", "x")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config("[sim:file=500,times=5]", `task.w.files[0] == "nope"`), simulator.Config{Seed: 12})
		s := w.mustApply()
		if s.Accepted != 2 || len(s.Skipped) != 1 || w.record("task.x").Failure == nil {
			t.Errorf("summary: %+v", s)
		}
		if s := w.mustApply(); s.Accepted != 0 { // the files have come
			t.Errorf("bought: %+v", s)
		}
		if r := w.record("task.x"); r.Failure == nil {
			t.Errorf("record: %+v", r)
		}
		s = w.mustApply()
		if r := w.record("task.x"); s.Accepted != 0 || r.Failure == nil || !strings.Contains(r.Failure.Message, "bad x") {
			t.Errorf("judged: %+v, %+v", s, r.Failure)
		}
		w.check()
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, config("[sim:file=500,times=2]", `task.w.files[0] != "nope"`), simulator.Config{Seed: 13})
		if s := w.mustApply(); s.Accepted != 3 || s.Done != 3 {
			t.Errorf("the files came late: %+v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the condition is newer than the result
		w := newWorld(t, image("x", "nano-banana", "X"), simulator.Config{Seed: 14})
		w.mustApply()
		w.write(config("", `task.w.files[0] != "nope"`))
		if s := w.mustApply(); s.Accepted != 2 || s.Done != 3 {
			t.Errorf("w and d: %+v", s)
		}
		w.check()
	})
}
