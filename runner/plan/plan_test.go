package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func load(t testing.TB, config string) *spec.Spec {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{Catalog: catalog.Default()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func mask(string) string { return "masked" }

func makePlan(t testing.TB, s *spec.Spec, records []state.Record, opts plan.Options) *plan.Plan {
	t.Helper()
	opts.Mask = mask
	p, err := plan.Make(s, pointers(records), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pointers are records as a state's Outline has them.
func pointers(records []state.Record) []*state.Record {
	return (&state.Contents{Records: records}).Outline().Records
}

// done plays a run in which everything succeeds: the records of a
// configuration's instances, each with one file.
func done(t testing.TB, config string) []state.Record {
	t.Helper()
	s := load(t, config)
	outcomes := make(map[task.Address]task.Outcome)
	lookup := func(a task.Address) (task.Outcome, bool) { o, ok := outcomes[a]; return o, ok }
	var records []state.Record
	for _, instance := range s.Instances {
		eval, err := instance.Evaluate(lookup, mask)
		if err != nil || !eval.Known {
			t.Fatalf("%s: known %t, %v", instance.Address, eval.Known, err)
		}
		r := state.Record{
			Address: instance.Address, Status: state.Succeeded, Request: eval.Request, Fingerprint: eval.Request.Fingerprint(),
			Attempt: 1, TaskID: "task of " + instance.Address.String(), Priced: true, Cost: 30_000,
			Result:    &task.Result{URLs: []string{"https://cdn.example/" + instance.Address.String()}, ReceivedAt: time.Unix(1e9, 0)},
			Artifacts: []state.Artifact{{Path: "out/" + instance.Address.String() + ".png", Bytes: 1, SHA256: "00"}},
		}
		outcomes[r.Address], _ = r.Outcome()
		records = append(records, r)
	}
	return records
}

func with(records []state.Record, address string, change func(*state.Record)) []state.Record {
	changed := append([]state.Record(nil), records...)
	for i := range changed {
		if changed[i].Address.String() == address {
			change(&changed[i])
			return changed
		}
	}
	panic("no record of " + address)
}

// lines writes a plan down: symbol, address, reason, and where it moved from.
func lines(p *plan.Plan) []string {
	var out []string
	for i := range p.Actions {
		a := &p.Actions[i]
		line := fmt.Sprintf("%c %s %s", a.Kind, a.Address, a.Reason)
		if from, moved := a.Moved(); moved {
			line += " from " + from.String()
		}
		out = append(out, line)
	}
	return out
}

const each = `
task "shot" {
  model    = "nano-banana"
  for_each = { %s }
  input    = { mode = "text-to-image", prompt = each.value, aspect_ratio = "1:1" }
}
`

func shots(pairs string) string { return strings.Replace(each, "%s", pairs, 1) }

const chain = `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "%s", aspect_ratio = "1:1" }
}
task "clip" {
  model = "veo-3-1"
  input = { mode = "fast", prompt = "push in", image_urls = [task.still.urls[0]] }
}
`

func stillAndClip(prompt string) string { return strings.Replace(chain, "%s", prompt, 1) }

func failed(reason task.Reason, retryable bool) func(*state.Record) {
	return func(r *state.Record) {
		r.Status, r.Result, r.Artifacts = state.Failed, nil, nil
		r.Failure = &task.Failure{Reason: reason, Code: "X", Retryable: retryable}
	}
}

func TestActionsFollowFromTheRecords(t *testing.T) {
	one := shots(`a = "a cat"`)
	for _, c := range []struct {
		name    string
		config  string
		records []state.Record
		opts    plan.Options
		want    []string
	}{
		{"never submitted", one, nil, plan.Options{}, []string{`+ task.shot["a"] new`}},
		{"done", one, done(t, one), plan.Options{}, []string{`= task.shot["a"] up_to_date`}},
		{"changed", shots(`a = "a dog"`), done(t, one), plan.Options{}, []string{`~ task.shot["a"] input_changed`}},
		{"asked for", one, done(t, one), plan.Options{Replace: func(task.Address) bool { return true }}, []string{`~ task.shot["a"] requested`}},
		{"file gone", one, done(t, one), plan.Options{Missing: map[string]bool{`out/task.shot["a"].png`: true}}, []string{`> task.shot["a"] result_missing`}},
		{"not downloaded", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Artifacts = nil }), plan.Options{}, []string{`> task.shot["a"] result_missing`}},
		{"expired", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) {
			r.Artifacts, r.Failure = nil, &task.Failure{Reason: task.Expired}
		}), plan.Options{}, []string{`! task.shot["a"] failed`}},
		{"running", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil }), plan.Options{}, []string{`> task.shot["a"] running`}},
		{"in doubt", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status = state.InDoubt }), plan.Options{}, []string{`? task.shot["a"] in_doubt`}},
		{"in doubt, and changed since", shots(`a = "a dog"`), with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status = state.InDoubt }), plan.Options{}, []string{`? task.shot["a"] in_doubt`}},
		{"in doubt, and asked for", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status = state.InDoubt }), plan.Options{Replace: func(task.Address) bool { return true }}, []string{`? task.shot["a"] in_doubt`}},
		{"being submitted by another process", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status = state.Submitting }), plan.Options{}, []string{`? task.shot["a"] in_doubt`}},
		{"refused for now", one, with(done(t, one), `task.shot["a"]`, func(r *state.Record) { r.Status, r.Result = state.Pending, nil }), plan.Options{}, []string{`+ task.shot["a"] interrupted`}},
		{"failed retryably", one, with(done(t, one), `task.shot["a"]`, failed(task.Timeout, true)), plan.Options{}, []string{`* task.shot["a"] retryable_failure`}},
		{"failed for good", one, with(done(t, one), `task.shot["a"]`, failed(task.ContentPolicy, false)), plan.Options{}, []string{`! task.shot["a"] failed`}},
		{"failed for good, then changed", shots(`a = "a dog"`), with(done(t, one), `task.shot["a"]`, failed(task.ContentPolicy, false)), plan.Options{}, []string{`~ task.shot["a"] input_changed`}},
		{"no longer declared", shots(`b = "a dog"`), done(t, one), plan.Options{}, []string{`+ task.shot["b"] new`, `- task.shot["a"] not_declared`}},
		{"resume buys nothing new", shots(`a = "a cat", b = "a dog"`), done(t, one), plan.Options{Resume: true}, []string{`= task.shot["a"] up_to_date`, `= task.shot["b"] left_out`}},
		{"resume retries", one, with(done(t, one), `task.shot["a"]`, failed(task.Timeout, true)), plan.Options{Resume: true}, []string{`* task.shot["a"] retryable_failure`}},

		{"chain, new", stillAndClip("a cat"), nil, plan.Options{}, []string{"+ task.still new", "+ task.clip new"}},
		{"chain, done", stillAndClip("a cat"), done(t, stillAndClip("a cat")), plan.Options{}, []string{"= task.still up_to_date", "= task.clip up_to_date"}},
		{"chain, changed at its head", stillAndClip("a dog"), done(t, stillAndClip("a cat")), plan.Options{}, []string{"~ task.still input_changed", "~ task.clip input_changed"}},
		{"chain, asked for at its head", stillAndClip("a cat"), done(t, stillAndClip("a cat")),
			plan.Options{Replace: func(a task.Address) bool { return a.Name == "still" }}, []string{"~ task.still requested", "~ task.clip input_changed"}},
		{"chain, blocked at its head", stillAndClip("a cat"), with(done(t, stillAndClip("a cat"))[:1], "task.still", failed(task.ContentPolicy, false)),
			plan.Options{}, []string{"! task.still failed", "! task.clip dependency_failed"}},
		{"chain, head in doubt", stillAndClip("a cat"), with(done(t, stillAndClip("a cat"))[:1], "task.still", func(r *state.Record) { r.Status = state.InDoubt }),
			plan.Options{}, []string{"? task.still in_doubt", "! task.clip dependency_failed"}},
		{"chain, head failed after its clip was made", stillAndClip("a cat"), with(done(t, stillAndClip("a cat")), "task.still", failed(task.ContentPolicy, false)),
			plan.Options{}, []string{"! task.still failed", "! task.clip dependency_failed"}},
		{"chain, resume with a head that was never bought", stillAndClip("a cat"), nil, plan.Options{Resume: true}, []string{"= task.still left_out", "= task.clip left_out"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(makePlan(t, load(t, c.config), c.records, c.opts))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatUsesADoubtIsBlockedByADoubt(t *testing.T) {
	config := stillAndClip("a cat")
	records := with(done(t, config)[:1], "task.still", func(r *state.Record) { r.Status = state.InDoubt })
	p := makePlan(t, load(t, config), records, plan.Options{})
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Kind == plan.Blocked && a.Detail != "uses task.still, which is in doubt" {
			t.Errorf("%s: %s", a.Address, a.Detail)
		}
	}
	if n := p.Totals().Count[plan.Blocked]; n != 1 {
		t.Errorf("%d are blocked", n)
	}
}

func TestRenamesAndReordersTakeTheirRecordsAlong(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{"renamed task", shots(`a = "a cat"`), strings.ReplaceAll(shots(`a = "a cat"`), `"shot"`, `"hero"`),
			[]string{`= task.hero["a"] up_to_date from task.shot["a"]`}},
		{"renamed key", shots(`a = "a cat"`), shots(`b = "a cat"`), []string{`= task.shot["b"] up_to_date from task.shot["a"]`}},
		{"swapped", shots(`a = "a cat", b = "a dog"`), shots(`a = "a dog", b = "a cat"`),
			[]string{`= task.shot["a"] up_to_date from task.shot["b"]`, `= task.shot["b"] up_to_date from task.shot["a"]`}},
		{"shifted by a new first", shots(`a = "a cat", b = "a dog"`), shots(`a = "a fox", b = "a cat", c = "a dog"`),
			[]string{`+ task.shot["a"] new`, `= task.shot["b"] up_to_date from task.shot["a"]`, `= task.shot["c"] up_to_date from task.shot["b"]`}},
		{"one takes the other's request, which gets a new one", shots(`a = "a cat", b = "a dog"`), shots(`a = "a dog", b = "a fox"`),
			[]string{`= task.shot["a"] up_to_date from task.shot["b"]`, `~ task.shot["b"] input_changed from task.shot["a"]`}},
		{"one takes the other's request, which goes", shots(`a = "a cat", b = "a dog"`), shots(`a = "a dog"`),
			[]string{`= task.shot["a"] up_to_date from task.shot["b"]`, `- task.shot["b"] not_declared from task.shot["a"]`}},
		{"a displaced record follows the chain", shots(`a = "a cat", b = "a dog", c = "a fox"`), shots(`a = "a dog", b = "a fox"`),
			[]string{`= task.shot["a"] up_to_date from task.shot["b"]`, `= task.shot["b"] up_to_date from task.shot["c"]`, `- task.shot["c"] not_declared from task.shot["a"]`}},
		{"equal requests pair up one to one", shots(`a = "a cat", b = "a cat"`), shots(`b = "a cat", c = "a cat", d = "a cat"`),
			[]string{`= task.shot["b"] up_to_date`, `= task.shot["c"] up_to_date from task.shot["a"]`, `+ task.shot["d"] new`}},
		{"renamed chain", stillAndClip("a cat"), strings.NewReplacer(`"still"`, `"photo"`, "task.still", "task.photo", `"clip"`, `"film"`).Replace(stillAndClip("a cat")),
			[]string{"= task.photo up_to_date from task.still", "= task.film up_to_date from task.clip"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := makePlan(t, load(t, c.after), done(t, c.before), plan.Options{})
			if diff := cmp.Diff(c.want, lines(p)); diff != "" {
				t.Error(diff)
			}
			homes := make(map[task.Address]bool)
			for i := range p.Actions {
				if a := &p.Actions[i]; homes[a.Address] {
					t.Errorf("two actions for %s", a.Address)
				} else {
					homes[a.Address] = true
				}
			}
		})
	}
}

func TestDoubtfulAndFailedRecordsMoveToo(t *testing.T) {
	before, after := shots(`a = "a cat"`), shots(`b = "a cat"`)
	for _, c := range []struct {
		change func(*state.Record)
		want   string
	}{
		{func(r *state.Record) { r.Status = state.InDoubt }, `? task.shot["b"] in_doubt from task.shot["a"]`},
		{failed(task.ContentPolicy, false), `! task.shot["b"] failed from task.shot["a"]`},
		{failed(task.Timeout, true), `* task.shot["b"] retryable_failure from task.shot["a"]`},
	} {
		p := makePlan(t, load(t, after), with(done(t, before), `task.shot["a"]`, c.change), plan.Options{})
		if got := lines(p); len(got) != 1 || got[0] != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestChangedFieldsAreNamed(t *testing.T) {
	before := shots(`a = "a cat"`)
	after := strings.Replace(shots(`a = "a dog"`), `"1:1"`, `"16:9"`, 1)
	p := makePlan(t, load(t, after), done(t, before), plan.Options{})
	if got, want := p.Actions[0].Detail, "aspect_ratio, prompt changed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTotals(t *testing.T) {
	config := shots(`a = "a cat", b = "a dog"`) + `
task "video" {
  model = "kling-2-6"
  input = { mode = "text-to-video", prompt = "a river", duration = 5, sound = false }
}
task "priced" {
  model = "kling-3-0-std"
  input = { mode = "text-to-video", prompt = "a river", duration = 5, sound = false, aspect_ratio = "16:9" }
  retry { max_attempts = 3 }
}
model "kling-3-0-std" {
  price = 0.5
}`
	got := makePlan(t, load(t, config), nil, plan.Options{}).Totals()
	want := plan.Totals{
		Count: map[plan.Kind]int{plan.Submit: 4}, LeftOut: map[plan.Omission]int{},
		Low: 560_000, High: 560_000, AtMost: 2*60_000 + 3*500_000, Repeats: true,
		Unpriced: map[string]int{"kling-2-6": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The time per instance is the figure: it must not grow with their number.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		config := fmt.Sprintf(`
task "shot" {
  model    = "nano-banana"
  for_each = { for i in range(%d) : "shot-${i}" => "view ${i}" }
  input    = { mode = "text-to-image", prompt = "a harbour, ${each.value}", aspect_ratio = "1:1" }
}`, n)
		records := done(b, config)
		for _, known := range []struct {
			name      string
			records   []state.Record
			selection plan.Selection
		}{{"new", nil, plan.Selection{}}, {"done", records, plan.Selection{}}, {"sampled", nil, plan.Selection{Sample: n / 2}}} {
			b.Run(fmt.Sprintf("%s/%d", known.name, n), func(b *testing.B) {
				for b.Loop() {
					makePlan(b, load(b, config), known.records, plan.Options{Selection: known.selection})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/instance")
			})
		}
	}
}

// The records of what resume leaves out, or what is blocked, must neither be
// lost on the way nor left to run uncollected.
func TestWhatIsNotBoughtIsStillMovedAndCollected(t *testing.T) {
	running := func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil }
	before := shots(`a = "a cat", b = "a dog"`)
	records := with(with(done(t, before), `task.shot["a"]`, running), `task.shot["b"]`, running)
	p := makePlan(t, load(t, shots(`a = "a dog", b = "a fox"`)), records, plan.Options{Resume: true})
	want := []string{`> task.shot["a"] running from task.shot["b"]`, `= task.shot["b"] left_out from task.shot["a"]`}
	if diff := cmp.Diff(want, lines(p)); diff != "" {
		t.Error(diff)
	}
	for i := range p.Actions {
		if !p.Actions[i].Collects() {
			t.Errorf("%s is not collected", p.Actions[i].Address)
		}
	}
	if n := p.Totals().Withheld(); n != 1 {
		t.Errorf("withheld %d", n)
	}

	records = with(with(done(t, stillAndClip("a cat")), "task.still", failed(task.ContentPolicy, false)), "task.clip", running)
	p = makePlan(t, load(t, stillAndClip("a cat")), records, plan.Options{})
	if clip := &p.Actions[1]; clip.Kind != plan.Blocked || !clip.Collects() {
		t.Errorf("a blocked clip that runs: %c, collects %t", clip.Kind, clip.Collects())
	}
}
