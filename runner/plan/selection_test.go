package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// reel is a configuration with a chain per key and one task that uses all of it.
const reel = `
locals {
  words = { %s }
}
task "hero" {
  model    = "nano-banana"
  for_each = local.words
  input    = { mode = "text-to-image", prompt = each.value, aspect_ratio = "1:1" }
}
task "clip" {
  model    = "veo-3-1"
  for_each = task.hero
  input    = { mode = "fast", prompt = "push in", image_urls = [each.value.urls[0], task.logo.urls[0]] }
}
task "logo" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a logo", aspect_ratio = "1:1" }
}
task "cover" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "all of it", image_urls = [for k, c in task.clip : c.urls[0]], aspect_ratio = "1:1" }
}
`

func reelOf(words ...string) string {
	var pairs []string
	for _, w := range words {
		pairs = append(pairs, fmt.Sprintf("%q = %q", strings.ToLower(w), w))
	}
	return strings.Replace(reel, "%s", strings.Join(pairs, ", "), 1)
}

func anyOf(addresses ...string) func(task.Address) bool {
	return func(a task.Address) bool {
		return slices.Contains(addresses, a.String()) || slices.Contains(addresses, a.Block())
	}
}

// notes writes down what a selection made of a plan.
func notes(p *plan.Plan) []string {
	var out []string
	for i := range p.Actions {
		a := &p.Actions[i]
		line := fmt.Sprintf("%c %s", a.Kind, a.Address)
		if a.Reason == plan.LeftOut {
			line += ": " + a.Detail
		}
		if a.NeededBy != nil {
			line += " needed by " + a.NeededBy.String()
		}
		out = append(out, line)
	}
	return out
}

func TestSelectionsOfAChain(t *testing.T) {
	config := reelOf("a", "b")
	all := done(t, config)
	logo := slices.IndexFunc(all, func(r state.Record) bool { return r.Address.Name == "logo" })
	for _, c := range []struct {
		name      string
		records   []state.Record
		selection plan.Selection
		want      []string
	}{
		{"a target takes what it needs", nil, plan.Selection{Target: anyOf(`task.clip["a"]`)}, []string{
			`+ task.hero["a"] needed by task.clip["a"]`, `= task.hero["b"]: -target leaves it out`,
			`+ task.logo needed by task.clip["a"]`,
			`+ task.clip["a"]`, `= task.clip["b"]: -target leaves it out`, `= task.cover: -target leaves it out`,
		}},
		{"what is there is not bought again", all[logo : logo+1], plan.Selection{Target: anyOf(`task.clip["a"]`)}, []string{
			`+ task.hero["a"] needed by task.clip["a"]`, `= task.hero["b"]: -target leaves it out`,
			`= task.logo`,
			`+ task.clip["a"]`, `= task.clip["b"]: -target leaves it out`, `= task.cover: -target leaves it out`,
		}},
		{"an exclusion takes along what uses it", nil, plan.Selection{Exclude: anyOf(`task.hero["a"]`)}, []string{
			`= task.hero["a"]: -exclude leaves it out`, `+ task.hero["b"]`, `+ task.logo`,
			`= task.clip["a"]: uses task.hero["a"], which -exclude leaves out`, `+ task.clip["b"]`,
			`= task.cover: uses task.clip["a"], which -exclude leaves out`,
		}},
		{"unless it has its result", with(all, `task.clip["a"]`, failed(task.Timeout, true)), plan.Selection{Exclude: anyOf("task.hero")}, []string{
			`= task.hero["a"]`, `= task.hero["b"]`, `= task.logo`, `* task.clip["a"]`, `= task.clip["b"]`, `~ task.cover`,
		}},
		{"an exclusion wins over a target", nil, plan.Selection{Target: anyOf("task.clip"), Exclude: anyOf(`task.hero["a"]`)}, []string{
			`= task.hero["a"]: -exclude leaves it out`, `+ task.hero["b"] needed by task.clip["b"]`, `+ task.logo needed by task.clip["b"]`,
			`= task.clip["a"]: uses task.hero["a"], which -exclude leaves out`, `+ task.clip["b"]`,
			`= task.cover: uses task.clip["a"], which -exclude leaves out`,
		}},
		{"what failed for good may be excluded, with what uses it", with(all[:1], `task.hero["a"]`, failed(task.ContentPolicy, false)), plan.Selection{Exclude: anyOf(`task.hero["a"]`)}, []string{
			`= task.hero["a"]: -exclude leaves it out; it is blocked: content_policy (X)`, `+ task.hero["b"]`, `+ task.logo`,
			`= task.clip["a"]: uses task.hero["a"], which -exclude leaves out`, `+ task.clip["b"]`,
			`= task.cover: uses task.clip["a"], which -exclude leaves out`,
		}},
		{"a limit counts each block", nil, plan.Selection{Limit: 1, Target: anyOf("task.hero", "task.clip")}, []string{
			`+ task.hero["a"]`, `= task.hero["b"]: -limit leaves it out`, `+ task.logo needed by task.clip["a"]`,
			`+ task.clip["a"]`, `= task.clip["b"]: -limit leaves it out`, `= task.cover: -target leaves it out`,
		}},
		{"one that uses all takes all", nil, plan.Selection{Limit: 1}, []string{
			`+ task.hero["a"]`, `+ task.hero["b"] needed by task.clip["b"]`, `+ task.logo`,
			`+ task.clip["a"]`, `+ task.clip["b"] needed by task.cover`, `+ task.cover`,
		}},
		{"what is blocked outside is nobody's failure", with(all, "task.logo", failed(task.ContentPolicy, false)), plan.Selection{Target: anyOf(`task.hero["a"]`)}, []string{
			`= task.hero["a"]`, `= task.hero["b"]`, `= task.logo: -target leaves it out; it is blocked: content_policy (X)`,
			`= task.clip["a"]: -target leaves it out; it is blocked: uses task.logo, which has no result to come`,
			`= task.clip["b"]: -target leaves it out; it is blocked: uses task.logo, which has no result to come`,
			`= task.cover: -target leaves it out; it is blocked: uses task.clip["a"], which has no result to come`,
		}},
		{"what blocks a target is shown, and nothing is bought for it", with(all[logo:logo+1], "task.logo", failed(task.ContentPolicy, false)), plan.Selection{Target: anyOf(`task.clip["a"]`)}, []string{
			`= task.hero["a"]: -target leaves it out`, `= task.hero["b"]: -target leaves it out`, `! task.logo`,
			`! task.clip["a"]`, `= task.clip["b"]: -target leaves it out; it is blocked: uses task.logo, which has no result to come`,
			`= task.cover: -target leaves it out; it is blocked: uses task.clip["a"], which has no result to come`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := makePlan(t, load(t, config), c.records, plan.Options{Selection: c.selection})
			if diff := cmp.Diff(c.want, notes(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsPaidIsCollectedOutsideTheSelectionToo(t *testing.T) {
	config := shots(`a = "a", b = "b", c = "c", d = "d"`)
	running := func(r *state.Record) { r.Status, r.Result, r.Artifacts = state.Running, nil, nil }
	records := with(with(done(t, config+strings.Replace(shots(`x = "x"`), `"shot"`, `"old"`, 1)), `task.shot["b"]`, running), `task.shot["c"]`, func(r *state.Record) { r.Artifacts = nil })
	changed := strings.Replace(config, `"b"`, `"B"`, 1) // it runs for a request that nobody declares any more
	p := makePlan(t, load(t, changed), records, plan.Options{Selection: plan.Selection{Target: anyOf(`task.shot["d"]`)}})
	want := []string{`= task.shot["a"]`, `= task.shot["b"]: -target leaves it out`, `> task.shot["c"]`, `= task.shot["d"]`, `- task.old["x"]`}
	if diff := cmp.Diff(want, notes(p)); diff != "" {
		t.Error(diff)
	}
	if !p.Actions[1].Collects() {
		t.Error("a task that runs is not collected")
	}
}

func TestResumeWithinASelection(t *testing.T) {
	config := shots(`a = "a", b = "b", c = "c", d = "d"`)
	records := with(with(done(t, config)[:2], `task.shot["a"]`, failed(task.Timeout, true)), `task.shot["b"]`, failed(task.Timeout, true))
	p := makePlan(t, load(t, config), records, plan.Options{Resume: true, Selection: plan.Selection{Target: anyOf(`task.shot["a"]`, `task.shot["c"]`)}})
	want := []string{`* task.shot["a"]`, `= task.shot["b"]: -target leaves it out`, `= task.shot["c"]: resume buys nothing new`, `= task.shot["d"]: -target leaves it out`}
	if diff := cmp.Diff(want, notes(p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[plan.Omission]int{plan.ByTarget: 2, plan.ByResume: 1}, p.Totals().LeftOut); diff != "" {
		t.Error(diff)
	}
}

// A replacement that is left out must not take its result away from what uses it.
func TestReplaceCountsOnlyForWhatIsChosen(t *testing.T) {
	config := stillAndClip("a")
	replaceAll := func(task.Address) bool { return true }
	p := makePlan(t, load(t, config), done(t, config), plan.Options{Replace: replaceAll, Selection: plan.Selection{Target: anyOf("task.clip")}})
	if diff := cmp.Diff([]string{"= task.still up_to_date", "~ task.clip requested"}, lines(p)); diff != "" {
		t.Error(diff)
	}
}

func TestLimitTakesTheFirstInDeclaredOrder(t *testing.T) {
	config := `
task "shot" {
  model = "nano-banana"
  count = 12
  input = { mode = "text-to-image", prompt = "view ${count.index}", aspect_ratio = "1:1" }
}
task "grid" {
  model = "nano-banana"
  matrix {
    style = ["noir", "oil"]
    seed  = [2, 1]
  }
  input = { mode = "text-to-image", prompt = matrix.style, aspect_ratio = "1:1", seed = matrix.seed }
}`
	want := []string{"task.shot[0]", "task.shot[1]", "task.shot[2]", `task.grid["noir/2"]`, `task.grid["noir/1"]`, `task.grid["oil/2"]`}
	s := load(t, config)
	if diff := cmp.Diff(want, chosen(s, plan.Selection{Limit: 3})); diff != "" {
		t.Error(diff)
	}
	want = []string{"task.shot[1]", "task.shot[2]", `task.grid["noir/2"]`, `task.grid["noir/1"]`}
	if diff := cmp.Diff(want, chosen(s, plan.Selection{Limit: 2, Exclude: anyOf("task.shot[0]")})); diff != "" {
		t.Error(diff)
	}
}

func chosen(s *spec.Spec, selection plan.Selection) []string {
	out := selection.LeavesOut(s.Instances)
	var names []string
	for _, instance := range s.Instances {
		if out[instance.Address] == "" {
			names = append(names, instance.Address.String())
		}
	}
	return names
}

func TestSampleFollowsTheKeys(t *testing.T) {
	words := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("w%d", i))
		}
		return list
	}
	keysOf := func(n int, selection plan.Selection, name string) (keys []string) {
		for _, a := range chosen(load(t, reelOf(words(n)...)), selection) {
			if key, is := strings.CutPrefix(a, "task."+name+"["); is {
				keys = append(keys, key)
			}
		}
		return keys
	}
	ten := plan.Selection{Sample: 10, Seed: "1"}
	heroes := keysOf(60, ten, "hero")
	if len(heroes) != 10 {
		t.Fatalf("%d are chosen", len(heroes))
	}
	if diff := cmp.Diff(heroes, keysOf(60, ten, "clip")); diff != "" {
		t.Errorf("blocks with the same keys choose differently:\n%s", diff)
	}
	if other := keysOf(60, plan.Selection{Sample: 10, Seed: "2"}, "hero"); cmp.Equal(heroes, other) {
		t.Error("another seed chooses the same ones")
	}
	if slices.Equal(heroes, keysOf(60, plan.Selection{Limit: 10}, "hero")) {
		t.Error("the sample is the first ones")
	}
	gone := 0
	for _, key := range heroes {
		if !slices.Contains(keysOf(61, ten, "hero"), key) {
			gone++
		}
	}
	if gone > 1 {
		t.Errorf("one more row displaces %d", gone)
	}
	// The rule is part of what a saved plan means.
	if diff := cmp.Diff([]string{`"w18"]`, `"w25"]`, `"w26"]`}, keysOf(30, plan.Selection{Sample: 3, Seed: "1"}, "hero")); diff != "" {
		t.Error(diff)
	}
}

// world draws records in any state for a configuration, and a selection.
type world struct {
	*rand.Rand
	t       *testing.T
	spec    *spec.Spec
	records []state.Record
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), t: t}
	words := []string{"A", "B", "C", "D", "E"}[:1+w.IntN(5)]
	w.spec = load(t, reelOf(words...))
	before := slices.Clone(words)
	if w.IntN(2) == 0 {
		before[w.IntN(len(before))] += " was another word"
	}
	for _, r := range done(t, reelOf(before...)) {
		switch w.IntN(8) {
		case 0, 1, 2:
			continue // never submitted
		case 3:
			failed(task.Timeout, true)(&r)
		case 4:
			failed(task.ContentPolicy, false)(&r)
		case 5:
			r.Status, r.Result, r.Artifacts = state.Running, nil, nil
		case 6:
			if w.IntN(4) == 0 {
				r.Status, r.Result, r.Artifacts = state.InDoubt, nil, nil
			}
		}
		w.records = append(w.records, r)
	}
	return w
}

func (w *world) some() func(task.Address) bool {
	picked := make(map[task.Address]bool)
	for _, instance := range w.spec.Instances {
		picked[instance.Address] = w.IntN(3) == 0
	}
	return func(a task.Address) bool { return picked[a] }
}

func (w *world) selection() (s plan.Selection) {
	if w.IntN(2) == 0 {
		s.Target = w.some()
	}
	if w.IntN(2) == 0 {
		s.Exclude = w.some()
	}
	switch w.IntN(3) {
	case 0:
		s.Limit = 1 + w.IntN(3)
	case 1:
		s.Sample, s.Seed = 1+w.IntN(3), fmt.Sprint(w.IntN(9))
	}
	return s
}

func (w *world) plan(selection plan.Selection) *plan.Plan {
	return makePlan(w.t, w.spec, w.records, plan.Options{Selection: selection})
}

// run carries a plan out: all that is bought or collected succeeds. It counts
// the purchases.
func (w *world) run(p *plan.Plan, bought map[task.Address]int) {
	records := make(map[task.Address]state.Record)
	for _, r := range w.records {
		records[r.Address] = r
	}
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Prior != nil {
			delete(records, a.Prior.Address)
		}
	}
	lookup := func(a task.Address) (task.Outcome, bool) { r := records[a]; return r.Outcome() }
	for i := range p.Actions {
		a := &p.Actions[i]
		r := state.Record{Address: a.Address}
		if a.Prior != nil {
			r = *a.Prior
			r.Address = a.Address
		}
		if a.Collects() {
			w.succeed(&r)
		}
		if a.Kind.Pays() {
			eval, err := a.Evaluate(lookup)
			if err != nil || !eval.Known {
				w.t.Fatalf("%s cannot be submitted: %v, it waits for %v", a.Address, err, eval.After)
			}
			if r.Status == state.Succeeded && r.Fingerprint == eval.Request.Fingerprint() {
				w.t.Fatalf("%s is bought again as it is", a.Address)
			}
			r.Status, r.Request, r.Fingerprint, r.Failure = state.Running, eval.Request, eval.Request.Fingerprint(), nil
			w.succeed(&r)
			bought[a.Address]++
		}
		if r.Status != "" {
			records[a.Address] = r
		}
	}
	w.records = w.records[:0]
	for _, r := range records {
		w.records = append(w.records, r)
	}
	slices.SortFunc(w.records, func(a, b state.Record) int { return a.Address.Compare(b.Address) })
}

// succeed gives a record its result, of which no other has the URL, and its file.
func (w *world) succeed(r *state.Record) {
	if r.Status == state.Running {
		r.Status = state.Succeeded
		r.Result = &task.Result{URLs: []string{fmt.Sprintf("https://cdn.example/%s?of=%s", r.Address, r.Fingerprint)}, ReceivedAt: time.Unix(1e9, 0)}
	}
	r.Artifacts = []state.Artifact{{Path: "out/" + r.Address.String() + ".png", Bytes: 1, SHA256: "00"}}
}

func kinds(p *plan.Plan) map[task.Address]plan.Kind {
	all := make(map[task.Address]plan.Kind)
	for i := range p.Actions {
		all[p.Actions[i].Address] = p.Actions[i].Kind
	}
	return all
}

// Whatever the state and the selection: nothing that is left out is bought, what
// is bought has all it needs, and what is paid for is collected.
func TestSelectionBuysWhatItSelectsAndNothingElse(t *testing.T) {
	for seed := range uint64(400) {
		w := newWorld(t, seed)
		selection := w.selection()
		full, narrow := w.plan(plan.Selection{}), w.plan(selection)
		out := selection.LeavesOut(w.spec.Instances)
		before, after := kinds(full), kinds(narrow)
		for i := range narrow.Actions {
			a := &narrow.Actions[i]
			switch {
			case a.Kind.Pays() && out[a.Address] == plan.ByExclude:
				t.Errorf("%d: %s is excluded and bought", seed, a.Address)
			case a.Kind.Pays() && !before[a.Address].Pays():
				t.Errorf("%d: %s is bought only because of the selection", seed, a.Address)
			case a.Kind.Pays() && out[a.Address] != "" && (a.NeededBy == nil || !after[*a.NeededBy].Pays()):
				t.Errorf("%d: %s is not chosen, and bought for %q, which is not", seed, a.Address, a.NeededBy)
			case a.Kind == plan.Blocked && before[a.Address] != plan.Blocked:
				t.Errorf("%d: %s is blocked only because of the selection", seed, a.Address)
			case a.Collects() != full.Actions[i].Collects():
				t.Errorf("%d: %s is collected: %t", seed, a.Address, a.Collects())
			case a.Reason == plan.LeftOut && a.Otherwise != before[a.Address]:
				t.Errorf("%d: %s would be %c, and it says %c", seed, a.Address, before[a.Address], a.Otherwise)
			case (a.Reason == plan.LeftOut) != (a.Kind != before[a.Address]):
				t.Errorf("%d: %s is %c and would be %c", seed, a.Address, a.Kind, before[a.Address])
			}
			if out[a.Address] == "" && a.Reason == plan.LeftOut && a.LeftOutBy != plan.ByExclude {
				t.Errorf("%d: %s is chosen and left out: %s", seed, a.Address, a.Detail)
			}
			if !a.Kind.Pays() {
				continue
			}
			for _, upstream := range a.Eval.After {
				if k := after[upstream]; !k.Pays() && k != plan.Collect {
					t.Errorf("%d: %s is bought, and what it needs is %c %s", seed, a.Address, k, upstream)
				}
			}
		}
		if got, want := narrow.Totals().NotSelected(), full.Totals().Paying()-narrow.Totals().Paying(); got != want {
			t.Errorf("%d: %d purchases are left out, want %d", seed, got, want)
		}
	}
}

// A selection now and everything later buys what everything now does, each
// instance once; and the selection again buys nothing.
func TestSelectionAndARunOfTheRestBuyEachInstanceOnce(t *testing.T) {
	pilots := 0
	for seed := range uint64(400) {
		w, once := newWorld(t, seed), newWorld(t, seed)
		selection := w.selection()
		want := make(map[task.Address]int)
		once.run(once.plan(plan.Selection{}), want)

		got := make(map[task.Address]int)
		w.run(w.plan(selection), got)
		pilots += min(1, len(got))
		if again := w.plan(selection); again.Totals().Paying() > 0 {
			t.Errorf("%d: the same selection buys again: %q", seed, lines(again))
		}
		w.run(w.plan(plan.Selection{}), got)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(task.Key{})); diff != "" {
			t.Errorf("%d (-at once +in two runs):\n%s", seed, diff)
		}
	}
	if pilots < 100 {
		t.Errorf("only %d selections bought anything", pilots)
	}
}
