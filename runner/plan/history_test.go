package plan_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func TestHistoryOfRecords(t *testing.T) {
	paid := done(t, shots(`a = "A", b = "B"`))
	running := with(paid, `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil })
	doubt := with(paid, `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.InDoubt, nil, nil })
	rows := strings.ReplaceAll(shots(`a = "A", b = "B"`), `"shot"`, `"row"`)
	const removed = "removed {\n  from = task.shot\n}\n"
	moved := func(from, to string) string { return "moved {\n  from = " + from + "\n  to = " + to + "\n}\n" }
	for _, c := range []struct {
		name, config string
		records      []state.Record
		opts         plan.Options
		want         []string
	}{
		{"a block", rows + moved("task.shot", "task.row"), paid, plan.Options{}, []string{
			`= task.row["a"] up_to_date from task.shot["a"]`, `= task.row["b"] up_to_date from task.shot["b"]`}},
		{"a changed instance", shots(`c = "C", b = "B"`) + moved(`task.shot["a"]`, `task.shot["c"]`), paid, plan.Options{}, []string{
			`= task.shot["b"] up_to_date`, `~ task.shot["c"] input_changed from task.shot["a"]`}},
		{"equal requests go before moves", shots(`c = "C", d = "A", b = "B"`) + moved(`task.shot["a"]`, `task.shot["c"]`), paid, plan.Options{}, []string{
			`= task.shot["b"] up_to_date`, `+ task.shot["c"] new`, `= task.shot["d"] up_to_date from task.shot["a"]`}},
		{"to what is not declared", shots(`b = "B"`) + moved(`task.shot["a"]`, "task.gone"), paid, plan.Options{}, []string{
			`= task.shot["b"] up_to_date`, `- task.gone not_declared from task.shot["a"]`}},
		{"removed", removed, paid, plan.Options{}, []string{`- task.shot["a"] removed`, `- task.shot["b"] removed`}},
		{"removed and wanted elsewhere", removed + rows, paid, plan.Options{}, []string{
			`= task.row["a"] up_to_date from task.shot["a"]`, `= task.row["b"] up_to_date from task.shot["b"]`}},
		{"removed, running", removed, running, plan.Options{}, []string{`- task.shot["a"] not_declared`, `- task.shot["b"] removed`}},
		{"removed, in doubt", removed, doubt, plan.Options{}, []string{`- task.shot["a"] not_declared`, `- task.shot["b"] removed`}},
		{"removed, not on disk", removed, paid, plan.Options{Missing: map[string]bool{`out/task.shot["b"].png`: true}}, []string{
			`- task.shot["a"] removed`, `- task.shot["b"] not_declared`}},
		{"removed, an earlier result not on disk", removed, with(paid, `task.shot["a"]`, func(r *state.Record) {
			r.Past = []state.Past{{TaskID: "t0", Status: state.Succeeded, Result: r.Result}}
		}), plan.Options{}, []string{`- task.shot["a"] not_declared`, `- task.shot["b"] removed`}},
		{"removed, in a download", removed, paid, plan.Options{Download: true}, []string{`- task.shot["a"] not_declared`, `- task.shot["b"] not_declared`}},
		{"imported, selected or not", shots(`c = "C"`) + "import {\n  to = task.shot[\"c\"]\n  id = \"t1\"\n}\n", nil,
			plan.Options{Resume: true, Selection: plan.Selection{Target: anyOf()}}, []string{`> task.shot["c"] import`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(makePlan(t, load(t, c.config), c.records, c.opts))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSavedPlanIsHeldToItsImports(t *testing.T) {
	config := func(id string) string {
		return shots(`c = "C"`) + "import {\n  to = task.shot[\"c\"]\n  id = \"" + id + "\"\n}\n"
	}
	saved := makePlan(t, load(t, config("t1")), nil, plan.Options{}).Save()
	saved.Lineage, saved.Endpoint, saved.Configuration = "l", "simulated", "jobs.hcl"
	read, err := plan.ReadSaved(bytes.NewReader(written(t, saved)))
	if err != nil || read.Actions[0].Import != "t1" {
		t.Fatalf("%+v, %v", read, err)
	}
	if err := read.Same(makePlan(t, load(t, config("t1")), nil, plan.Options{})); err != nil {
		t.Errorf("the same: %v", err)
	}
	if err := read.Same(makePlan(t, load(t, config("t2")), nil, plan.Options{})); err == nil || !strings.Contains(err.Error(), `"t2" now, and "t1" in the plan`) {
		t.Errorf("another task: %v", err)
	}
}

// A doubt may be settled by the task that a webhook named for it: no other instance
// gets that meanwhile.
func TestATaskThatAWebhookNamedForADoubtIsNotImported(t *testing.T) {
	records := with(done(t, shots(`a = "A"`)), `task.shot["a"]`, func(r *state.Record) {
		r.Status, r.Result, r.Artifacts, r.TaskID = state.InDoubt, nil, nil, ""
		r.Doubt = &state.Doubt{Cause: "timeout", Named: "t1"}
	})
	config := shots(`a = "A", c = "C"`) + "import {\n  to = task.shot[\"c\"]\n  id = \"t1\"\n}\n"
	_, err := plan.Make(load(t, config), pointers(records), plan.Options{Mask: mask})
	if err == nil || !strings.Contains(err.Error(), `a webhook named it for a submit of task.shot["a"]`) {
		t.Errorf("%v", err)
	}
}

func TestResumeCollectsWhateverAPreconditionSays(t *testing.T) {
	config := strings.Replace(shots(`a = "A", b = "B"`), "model ", "precondition {\n  condition = false\n  error_message = \"no\"\n}\n  model ", 1)
	records := with(done(t, config), `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil })
	records = with(records, `task.shot["b"]`, failed(task.ServerError, true))
	if _, err := plan.Make(load(t, config), pointers(records), plan.Options{Mask: mask}); err == nil {
		t.Error("apply would buy b")
	}
	want := []string{`> task.shot["a"] running`, `= task.shot["b"] left_out`}
	if diff := cmp.Diff(want, lines(makePlan(t, load(t, config), records, plan.Options{Resume: true}))); diff != "" {
		t.Errorf("resume (-want +got):\n%s", diff)
	}
}

// A block about records that cannot be stops what buys. What is paid for is
// collected all the same, wherever its record is.
func TestAHistoryThatCannotBeKeepsNothingFromBeingCollected(t *testing.T) {
	records := with(done(t, shots(`a = "A", b = "B"`)), `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil })
	records = with(records, `task.shot["b"]`, func(r *state.Record) { r.TaskID = "t9" })
	broken := strings.Replace(shots(`c = "C"`), "input ", "input = tobool(each.key) # ", 1)
	for _, c := range []struct {
		name, config string
		refused      bool
		unevaluated  int
		want         []string
	}{
		{"a move to a record", shots(`b = "B"`) + "moved {\n  from = task.shot[\"a\"]\n  to = task.shot[\"b\"]\n}\n", true, 0,
			[]string{`= task.shot["b"] up_to_date`, `- task.shot["a"] not_declared`}},
		{"an import of a task that is here", shots(`a = "A", b = "B", c = "C"`) + "import {\n  to = task.shot[\"c\"]\n  id = \"t9\"\n}\n", true, 0,
			[]string{`> task.shot["a"] running`, `= task.shot["b"] up_to_date`, `= task.shot["c"] left_out`}},
		{"an import for what cannot be evaluated", broken + "import {\n  to = task.shot[\"c\"]\n  id = \"t1\"\n}\n", false, 1,
			[]string{`= task.shot["c"] left_out`, `- task.shot["a"] not_declared`, `- task.shot["b"] not_declared`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := load(t, c.config)
			if _, err := plan.Make(s, pointers(records), plan.Options{Mask: mask}); err == nil {
				t.Error("a plan that buys does not mind")
			}
			p := makePlan(t, s, records, plan.Options{Resume: true})
			if diff := cmp.Diff(c.want, lines(p)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if (p.Refused != nil) != c.refused || len(p.Unevaluated) != c.unevaluated {
				t.Errorf("refused %v, not evaluated %v", p.Refused, p.Unevaluated)
			}
			download := makePlan(t, s, records, plan.Options{Download: true})
			if n := download.Totals().Count[plan.Collect]; n != 1 || !download.Pending() {
				t.Errorf("a download collects %d", n)
			}
		})
	}
}

func TestDuplicatesAreFoundWhereSomethingIsBought(t *testing.T) {
	twice := shots(`a = "A", b = "A", c = "C"`)
	p := makePlan(t, load(t, twice), nil, plan.Options{})
	if len(p.Duplicates) != 1 || len(p.Duplicates[0].Instances) != 2 || p.Duplicates[0].Cost != "$0.06 for 2 submits" {
		t.Errorf("%+v", p.Duplicates)
	}
	if p := makePlan(t, load(t, twice), done(t, twice), plan.Options{}); len(p.Duplicates) != 0 {
		t.Errorf("bought: %+v", p.Duplicates)
	}
	if p := makePlan(t, load(t, twice), done(t, shots(`a = "A"`)), plan.Options{}); len(p.Duplicates) != 1 || p.Duplicates[0].Cost != "$0.03 for one that is there already" {
		t.Errorf("one of them: %+v", p.Duplicates)
	}
	for _, meant := range []string{"batch {\n  allow_duplicates = true\n}\n" + twice, strings.Replace(twice, "model ", "allow_duplicates = true\n  model ", 1)} {
		if p := makePlan(t, load(t, meant), nil, plan.Options{}); len(p.Duplicates) != 0 {
			t.Errorf("meant: %+v", p.Duplicates)
		}
	}
}

// Whatever moved blocks say, every record has one place, and every request that
// was bought stays bought.
func TestRandomMovesKeepEveryRecord(t *testing.T) {
	for range 300 {
		n := 2 + rand.N(4)
		names, prompts := rand.Perm(8)[:n], rand.Perm(8)[:n]
		records := done(t, instances(names, prompts))
		now := rand.Perm(8)[:n]
		config := instances(now, prompts)
		for i, old := range names {
			if rand.N(2) == 0 && !declared(now, old) {
				config += fmt.Sprintf("moved {\n  from = task.t%d\n  to = task.t%d\n}\n", old, now[i])
			}
		}
		s := load(t, config)
		p, err := plan.Make(s, pointers(records), plan.Options{Mask: mask})
		if err != nil {
			if !strings.Contains(err.Error(), "has one of its own") {
				t.Fatal(err)
			}
			continue // an address that the record of another has
		}
		places := make(map[string]bool)
		for i := range p.Actions {
			a := &p.Actions[i]
			if a.Kind != plan.Keep || a.Prior == nil || places[a.Address.String()] {
				t.Fatalf("%v\n%s", lines(p), config)
			}
			places[a.Address.String()] = true
		}
		if len(p.Actions) != n {
			t.Fatalf("%v\n%s", lines(p), config)
		}
	}
}

func instances(names, prompts []int) string {
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, "task \"t%d\" {\n  model = \"nano-banana\"\n  input = { mode = \"text-to-image\", prompt = \"P%d\", aspect_ratio = \"1:1\" }\n}\n", name, prompts[i])
	}
	return b.String()
}

func declared(names []int, name int) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
