package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// sample is a saved plan with an action of most kinds.
func sample(t testing.TB) *plan.Saved {
	t.Helper()
	records := with(done(t, stillAndClip("a")), "task.still", failed(task.ServerError, true))
	records = append(records, done(t, strings.Replace(shots(`gone = "a", stays = "b"`), `"shot"`, `"old"`, 1))...)
	p := makePlan(t, load(t, stillAndClip("a")+shots(`"${1}" = "x", "é\"<" = "y"`)), records, plan.Options{})
	s := p.Save()
	s.Tool, s.Lineage, s.Changes, s.Endpoint = "apixo-batch test", "lineage", 7, "api.apixo.ai"
	s.Configuration, s.State, s.Catalog = "jobs.hcl", "x.state.json", "prices.json"
	s.Files = map[string]string{"jobs.hcl": "00ff", "prompts.csv": "aa"}
	s.Variables = map[string]json.RawMessage{"styles": json.RawMessage(`["a","b"]`)}
	s.VariableFiles, s.VariableNames = []string{"a.vars.hcl"}, []string{"secret"}
	s.Replace, s.RunBudget, s.AllowUnpriced = []string{"task.x*"}, new(5*task.USD), true
	s.Selection = &plan.SavedSelection{Target: []string{"task.*"}, Exclude: []string{`task.old["<*>"]`}, Sample: 3, Seed: "lucky"}
	return s
}

func written(t testing.TB, s *plan.Saved) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSavedPlanIsReadAsItWasWritten(t *testing.T) {
	saved := sample(t)
	content := written(t, saved)
	if !json.Valid(content) || !plan.IsSaved(content[:64]) {
		t.Fatalf("it is no JSON, or is not recognised:\n%s", content)
	}
	read, err := plan.ReadSaved(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	// Indented in the file, the values are the same.
	var compact bytes.Buffer
	if err := json.Compact(&compact, read.Variables["styles"]); err != nil {
		t.Fatal(err)
	}
	read.Variables["styles"] = compact.Bytes()
	if diff := cmp.Diff(saved, read, cmp.AllowUnexported(task.Key{})); diff != "" {
		t.Errorf("what is read differs (-written +read):\n%s", diff)
	}
}

// A plan that was saved before there were selections is one without.
func TestOlderSavedPlanIsRead(t *testing.T) {
	file, err := os.Open("testdata/saved-v1.plan")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := plan.ReadSaved(file)
	if err != nil {
		t.Fatal(err)
	}
	if s.Selection != nil || len(s.Actions) != 6 || s.Total.Paying != 4 || s.RunBudget == nil {
		t.Errorf("it is read as %+v", s)
	}
}

func TestSavedPlanThatWasCutOffAnywhereIsRefused(t *testing.T) {
	content := written(t, sample(t))
	for n := range content {
		if _, err := plan.ReadSaved(bytes.NewReader(content[:n])); err == nil {
			t.Fatalf("cut off after %d of %d bytes, it is accepted", n, len(content))
		}
		if n > 0 && !plan.IsSaved(content[:n]) {
			t.Fatalf("cut off after %d bytes, it is not recognised", n)
		}
	}
}

func TestSavedPlanWithAnyByteChangedIsRefused(t *testing.T) {
	content := written(t, sample(t))
	for n := range content {
		for _, flip := range []byte{1, 0x20, 0x80} {
			changed := bytes.Clone(content)
			changed[n] ^= flip
			if _, err := plan.ReadSaved(bytes.NewReader(changed)); err == nil {
				t.Fatalf("with byte %d changed from %q to %q, it is accepted", n, content[n], changed[n])
			}
		}
	}
	for _, more := range []string{"\n", " ", "{}"} {
		if _, err := plan.ReadSaved(bytes.NewReader(append(bytes.Clone(content), more...))); err == nil {
			t.Errorf("with %q behind it, it is accepted", more)
		}
	}
}

// resealed replaces a text of a plan and gives the result a checksum that holds,
// as only a program would.
func resealed(t testing.TB, content []byte, old, replacement string) []byte {
	t.Helper()
	body, _, found := strings.Cut(string(content), ",\n  \"checksum\"")
	if !found || !strings.Contains(body, old) {
		t.Fatalf("%q is not in the plan", old)
	}
	return seal(strings.Replace(body, old, replacement, 1))
}

func seal(body string) []byte {
	sum := sha256.Sum256([]byte(body))
	return []byte(body + ",\n  \"checksum\": \"sha256:" + hex.EncodeToString(sum[:]) + "\"\n}\n")
}

func TestSavedPlanThatIsNotOursIsRefused(t *testing.T) {
	content := written(t, sample(t))
	for name, c := range map[string]struct {
		old, replacement string
		want             string
	}{
		"a newer version":            {`"version": 1`, `"version": 2`, "format version 2"},
		"a far newer version":        {`"version": 1`, `"version": 1e300`, "format version"},
		"no version":                 {`"version": 1`, `"version": "x"`, "cannot be read"},
		"another format":             {`"apixo-batch plan"`, `"apixo-batch state"`, "not a saved plan"},
		"a second format":            {`"tool":`, `"format": "apixo-batch state", "tool":`, "cannot be read"},
		"a field nobody knows":       {`"tool":`, `"target": ["task.one"], "tool":`, "unknown field"},
		"an action's unknown field":  {`"address":`, `"only_if": 1, "address":`, "unknown field"},
		"no nonce":                   {`"nonce"`, `"nonsense_nonce"`, "unknown field"},
		"an empty lineage":           {`"lineage": "lineage"`, `"lineage": ""`, "head is incomplete"},
		"a negative budget":          {`"budget_usd_micros": 5000000`, `"budget_usd_micros": -1`, "below zero"},
		"a limit below zero":         {`"sample": 3`, `"limit": -1`, "selection is impossible"},
		"a limit and a sample":       {`"sample": 3`, `"sample": 3, "limit": 1`, "selection is impossible"},
		"an unknown selection":       {`"sample": 3`, `"only": 3`, "unknown field"},
		"an unknown kind":            {`"kind":"retry"`, `"kind":"buy"`, "not a kind"},
		"no kind":                    {`"kind":"retry",`, ``, "no kind"},
		"an address that is none":    {`"address":"task.still"`, `"address":"still"`, "address"},
		"an address twice":           {`"address":"task.still"`, `"address":"task.clip"`, "twice"},
		"an impossible price":        {`"low_usd_micros":30000`, `"low_usd_micros":-1`, "impossible price"},
		"an overflowing price":       {`"low_usd_micros":`, `"low_usd_micros":99999999999999999999`, "cannot be read"},
		"no attempt":                 {`"max_attempts":2`, `"max_attempts":0`, "not be submitted even once"},
		"neither request nor a wait": {`"fingerprint":`, `"after":[],"reason":`, "neither"},
		"a second object":            {"\n  ]", "\n  ]}{\"actions\": []", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plan.ReadSaved(bytes.NewReader(resealed(t, content, c.old, c.replacement)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestOtherFilesAreNotTakenForSavedPlans(t *testing.T) {
	for _, content := range []string{
		"", "task \"one\" {\n}\n", "# format: apixo-batch plan\n", `{"format": "apixo-batch state", "version": 1}`,
		`{"version": 1, "format": "apixo-batch plan"}`, `["format"]`, `{"task": {"one": {}}}`, "{}", "\x00\x00", `{"format": 1}`,
	} {
		if plan.IsSaved([]byte(content)) {
			t.Errorf("%q is taken for a saved plan", content)
		}
	}
	if !plan.IsSaved([]byte(`{"format":"apixo-batch plan","version":9`)) {
		t.Error("a saved plan of another layout is not recognised")
	}
}

func TestSavedPlanListsWhatEachActionIs(t *testing.T) {
	s := sample(t)
	still := s.Actions[0]
	if still.Kind != plan.Retry || still.Fingerprint == "" || still.After != nil || still.MaxAttempts != 2 || !still.Priced || still.High == 0 {
		t.Errorf("the action of task.still is %+v", still)
	}
	clip := s.Actions[1]
	if clip.Kind != plan.Regenerate || clip.Fingerprint != "" || len(clip.After) != 1 || clip.After[0] != still.Address {
		t.Errorf("the action of task.clip is %+v", clip)
	}
	if !strings.Contains(string(still.Input), `"prompt":`) || !strings.Contains(string(clip.Input), `"prompt":`) || strings.Contains(string(clip.Input), `"image_urls":`) {
		t.Errorf("the inputs are %s and, without what is not known, %s", still.Input, clip.Input)
	}
	if s.Total.Paying != 4 || s.Total.High == 0 || s.Total.AtMost < s.Total.High {
		t.Errorf("the total is %+v", s.Total)
	}
	if again := sample(t); again.Nonce == s.Nonce || len(s.Nonce) < 20 {
		t.Errorf("the nonces are %q and %q", s.Nonce, again.Nonce)
	}
}

// Every way in which a plan made anew can differ is found, and named.
// Inputs are told of as many actions as have room; that of no action is told in part, and
// every action is there.
func TestSavedPlanTellsInputsUpToABound(t *testing.T) {
	const each = 1 << 20
	draft := json.RawMessage(`{"prompt":"` + strings.Repeat("a", each-len(`{"prompt":""}`)) + `"}`)
	var p plan.Plan
	for i := range plan.MaxInputs/each + 2 {
		p.Actions = append(p.Actions, plan.Action{
			Kind: plan.Submit, Address: task.Address{Name: "t", Key: task.IndexKey(i)},
			Instance: &spec.Instance{InstanceSettings: &spec.InstanceSettings{Model: "m"}}, Eval: &spec.Evaluation{Draft: draft},
		})
	}
	saved := p.Save()
	if len(saved.Actions) != len(p.Actions) {
		t.Fatalf("%d of %d actions are saved", len(saved.Actions), len(p.Actions))
	}
	for i, a := range saved.Actions {
		if want := i < plan.MaxInputs/each; (len(a.Input) == each) != want || !want && a.Input != nil {
			t.Errorf("action %d has an input of %d bytes", i, len(a.Input))
		}
	}
}

func TestSameFindsEveryDifference(t *testing.T) {
	const config = `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a", aspect_ratio = "1:1" }
}
task "b" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "b", aspect_ratio = "1:1" }
}
`
	base := with(done(t, config), "task.a", failed(task.ServerError, true))
	saved := makePlan(t, load(t, config), base, plan.Options{}).Save()
	changed := func(old, replacement string) string { return strings.Replace(config, old, replacement, 1) }
	for name, c := range map[string]struct {
		config  string
		records []state.Record
		opts    plan.Options
		want    string
	}{
		"nothing":          {config, base, plan.Options{}, ""},
		"a request":        {changed(`"a", aspect`, `"A", aspect`), base, plan.Options{}, "it is to regenerate now"},
		"another instance": {config + strings.Replace(stillAndClip("c"), "task.still.urls[0]", `"https://cdn.example/x"`, 1), base, plan.Options{}, "task.still: it is to submit now, and the plan has nothing for it"},
		"a price":          {config + "model \"nano-banana\" {\n price = 0.04\n}", base, plan.Options{}, "its price is $0.04 now, and $0.03 in the plan"},
		"a lost file":      {config, base, plan.Options{Missing: map[string]bool{"out/task.b.png": true}}, "task.b: it is to collect now, and the plan has nothing for it"},
		"a replacement":    {config, base, plan.Options{Replace: func(a task.Address) bool { return a.Name == "b" }}, "task.b: it is to regenerate now"},
		"attempts":         {config + "batch {\n retry {\n max_attempts = 3\n }\n}", base, plan.Options{}, "3 attempts now, and 2"},
		"what was settled": {config, done(t, config), plan.Options{}, "task.a: it is to retry in the plan, and there is nothing to do for it now"},
		"a record that is gone": {
			config, base[:1], plan.Options{}, "task.b: it is to submit now, and the plan has nothing for it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := saved.Same(makePlan(t, load(t, c.config), c.records, c.opts))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

func TestSameFilesNamesWhatDiffers(t *testing.T) {
	saved := &plan.Saved{Files: map[string]string{"jobs.hcl": "1", "a.csv": "2"}}
	for _, c := range []struct {
		digests map[string]string
		whole   bool
		want    string
	}{
		{map[string]string{"jobs.hcl": "1", "a.csv": "2"}, true, ""},
		{map[string]string{"jobs.hcl": "1", "a.csv": "3"}, true, "a.csv has changed"},
		{map[string]string{"jobs.hcl": "1"}, true, "a.csv is not read any more"},
		{map[string]string{"jobs.hcl": "1"}, false, ""},
		{map[string]string{"jobs.hcl": "9"}, false, "jobs.hcl has changed"},
		{map[string]string{"jobs.hcl": "1", "a.csv": "2", "b.csv": "2"}, true, "b.csv was added"},
		{map[string]string{"a": "", "b": "", "c": "", "d": "", "e": "", "f": "", "g": ""}, true, "4 more files differ"},
	} {
		err := saved.SameFiles(c.digests, c.whole)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, whole %t: error is %v, want %q", c.digests, c.whole, err, c.want)
		}
	}
}

// FuzzSavedPlan: whatever is in the file, it is read without a panic, and what
// is accepted is written and read again as the same.
func FuzzSavedPlan(f *testing.F) {
	whole := written(f, sample(f))
	body, _, _ := strings.Cut(string(whole), ",\n  \"checksum\"")
	f.Add(whole, false)
	f.Add(whole[:len(whole)/2], false)
	f.Add([]byte(body), true)
	f.Add([]byte(strings.Replace(body, `"sample": 3`, `"limit": 3`, 1)), true)
	f.Add([]byte(`{"format":"apixo-batch plan","version":1,"nonce":"n","lineage":"l","endpoint":"e","configuration":"c","actions":[{"address":"task.a","kind":"submit","after":["task.b"],"max_attempts":1}]`), true)
	f.Add([]byte(`{"format":"apixo-batch plan","version":1,"nonce":"n","actions":null,"variables":{"x":{"y":[[[[]]]]}}`), true)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = seal(string(data))
		}
		saved, err := plan.ReadSaved(bytes.NewReader(data))
		if err != nil {
			return
		}
		if !plan.IsSaved(data[:min(len(data), 512)]) {
			t.Error("it is read, and not recognised")
		}
		again, err := plan.ReadSaved(bytes.NewReader(written(t, saved)))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := written(t, saved), written(t, again); !bytes.Equal(a, b) {
			t.Errorf("it changes when it is written again:\n%s\n%s", a, b)
		}
	})
}

// spent is a row of the ledger.
func spent(plan, address string, change func(*state.Spend)) state.Spend {
	a, err := task.ParseAddress(address)
	if err != nil {
		panic(err)
	}
	s := state.Spend{Nonce: "n", Plan: plan, Address: a, Cost: 30_000, Priced: true, ReservedAt: time.Unix(1, 0)}
	if change != nil {
		change(&s)
	}
	return s
}

func charged(s *state.Spend)  { s.ChargedAt = time.Unix(2, 0) }
func released(s *state.Spend) { s.ReleasedAt = time.Unix(3, 0) }

func TestActionIsConsumedByWhatMayHaveBeenPaid(t *testing.T) {
	saved := makePlan(t, load(t, shots(`a = "a"`)), nil, plan.Options{}).Save()
	const address = `task.shot["a"]`
	both := func(s *state.Spend) { charged(s); released(s) }
	for name, c := range map[string]struct {
		spends   []state.Spend
		consumed bool
		money    task.Cost
	}{
		"nothing":                     {nil, false, 0},
		"a reservation":               {[]state.Spend{spent(saved.Nonce, address, nil)}, true, 30_000},
		"an accepted submit":          {[]state.Spend{spent(saved.Nonce, address, charged)}, true, 30_000},
		"a refused submit":            {[]state.Spend{spent(saved.Nonce, address, released)}, false, 0},
		"accepted, not charged":       {[]state.Spend{spent(saved.Nonce, address, both)}, false, 0},
		"accepted twice, not charged": {[]state.Spend{spent(saved.Nonce, address, both), spent(saved.Nonce, address, both)}, true, 0},
		"another plan's":              {[]state.Spend{spent("another", address, charged), spent("", address, charged)}, false, 0},
		"another address's":           {[]state.Spend{spent(saved.Nonce, `task.shot["b"]`, charged)}, false, 30_000},
	} {
		t.Run(name, func(t *testing.T) {
			rest := saved.Rest(c.spends)
			if got := rest.Consumed(saved.Actions[0].Address); got != c.consumed {
				t.Errorf("consumed is %t, want %t", got, c.consumed)
			}
			if got := rest.Committed(); got != c.money {
				t.Errorf("committed is %s, want %s", got, c.money)
			}
		})
	}
}

// A doubt of this plan's own submit is not given up by a later apply of it,
// although on_in_doubt asks for that: it would be bought twice under one approval.
func TestRestDoesNotResubmitItsOwnDoubt(t *testing.T) {
	config := shots(`a = "a"`) + "batch {\n on_in_doubt = \"resubmit\"\n}\n"
	saved := makePlan(t, load(t, config), nil, plan.Options{}).Save()
	doubt := with(done(t, config), `task.shot["a"]`, func(r *state.Record) {
		r.Status, r.Result, r.Artifacts, r.Doubt = state.InDoubt, nil, nil, &state.Doubt{Cause: "cut off"}
		r.Attempt = 0
	})
	if got := lines(makePlan(t, load(t, config), doubt, plan.Options{}))[0]; got != `* task.shot["a"] resubmit` {
		t.Fatalf("without a saved plan it is %q", got)
	}
	rest := saved.Rest([]state.Spend{spent(saved.Nonce, `task.shot["a"]`, nil)})
	p := makePlan(t, load(t, config), doubt, plan.Options{Withhold: rest.Withhold})
	if got := lines(p)[0]; got != `? task.shot["a"] in_doubt` || p.Totals().Withheld() != 0 {
		t.Errorf("under the plan it is %q, %d withheld", got, p.Totals().Withheld())
	}
}

// What is left of a plan that was begun: only what was approved, at most at its
// price, and nothing a second time.
func TestRestBuysOnlyWhatWasApprovedAndIsNotConsumed(t *testing.T) {
	config := shots(`a = "a", b = "b", c = "c"`)
	records := done(t, config)
	saved := makePlan(t, load(t, config), records[2:], plan.Options{}).Save() // a and b to submit, c is there
	key := func(k string) string { return `task.shot["` + k + `"]` }
	for name, c := range map[string]struct {
		records []state.Record
		spends  []state.Spend
		want    []string // of the actions that are not up to date
	}{
		"interrupted before the first": {
			records[2:], nil, []string{"+ " + key("a") + " new", "+ " + key("b") + " new"},
		},
		"a is done": {
			append(records[:1:1], records[2]), []state.Spend{spent(saved.Nonce, key("a"), charged)}, []string{"+ " + key("b") + " new"},
		},
		"a failed retryably": {
			with(append(records[:1:1], records[2]), key("a"), failed(task.ServerError, true)),
			[]state.Spend{spent(saved.Nonce, key("a"), charged)},
			[]string{"= " + key("a") + " left_out", "+ " + key("b") + " new"},
		},
		"a's record was removed": {
			records[2:], []state.Spend{spent(saved.Nonce, key("a"), charged)},
			[]string{"= " + key("a") + " left_out", "+ " + key("b") + " new"},
		},
		"c's record was removed": {
			nil, nil, []string{"+ " + key("a") + " new", "+ " + key("b") + " new", "= " + key("c") + " left_out"},
		},
		"c failed retryably": {
			with(records[2:], key("c"), failed(task.ServerError, true)), nil,
			[]string{"+ " + key("a") + " new", "+ " + key("b") + " new", "= " + key("c") + " left_out"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rest := saved.Rest(c.spends)
			p := makePlan(t, load(t, config), c.records, plan.Options{Withhold: rest.Withhold})
			var got []string
			for _, line := range lines(p) {
				if !strings.HasSuffix(line, "up_to_date") {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := rest.Check(p); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRestRefusesAnotherRequestAndAHigherPrice(t *testing.T) {
	config := shots(`a = "a"`)
	saved := makePlan(t, load(t, config), nil, plan.Options{}).Save()
	rest := saved.Rest(nil)
	for name, c := range map[string]struct{ config, want string }{
		"the same":       {config, ""},
		"another prompt": {shots(`a = "b"`), "its request is another one"},
		"another model":  {strings.Replace(config, "nano-banana", "flux-kontext", 1), "its model is flux-kontext now"},
		"a higher price": {config + "model \"nano-banana\" {\n price = 0.04\n}", "its price is $0.04 now, and $0.03 in the plan"},
		"a lower price":  {config + "model \"nano-banana\" {\n price = 0.02\n}", ""},
		"more attempts":  {config + "batch {\n retry {\n max_attempts = 3\n }\n}", "3 attempts now"},
	} {
		t.Run(name, func(t *testing.T) {
			err := rest.Check(makePlan(t, load(t, c.config), nil, plan.Options{Withhold: rest.Withhold}))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
	if err := rest.Check(makePlan(t, load(t, shots(`b = "b"`)), nil, plan.Options{})); err == nil {
		t.Error("what was never approved passes")
	}
}

// A request that waits for a result is approved at its price as far as that was
// known then. Once it is known to cost more, it is left out.
func TestRestLeavesOutWhatTurnsOutToCostMore(t *testing.T) {
	config := stillAndClip("a")
	config = strings.Replace(config, `image_urls = [task.still.urls[0]]`, `image_urls = [task.still.urls[0]], duration = length(task.still.urls) * 8`, 1)
	config = strings.Replace(config, "veo-3-1", "per-second", 1) + "model \"per-second\" {\n price = { usd = 0.1, per = \"second\" }\n}\n"
	unpriced := makePlan(t, load(t, config), nil, plan.Options{}).Save()
	rest := unpriced.Rest([]state.Spend{spent(unpriced.Nonce, "task.still", charged)})
	p := makePlan(t, load(t, config), done(t, config)[:1], plan.Options{Withhold: rest.Withhold})
	if got := lines(p)[1]; got != "+ task.clip new" {
		t.Errorf("approved without a price, it is %q", got)
	}
	approved := unpriced
	approved.Actions[1].Low, approved.Actions[1].High, approved.Actions[1].Priced = 500_000, 700_000, true
	rest = approved.Rest(nil)
	p = makePlan(t, load(t, config), done(t, config)[:1], plan.Options{Withhold: rest.Withhold})
	if got := lines(p)[1]; got != "= task.clip left_out" || !strings.Contains(p.Actions[1].Detail, "it costs $0.80, and $0.50-$0.70 was approved") {
		t.Errorf("approved at $0.70, it is %q: %s", got, p.Actions[1].Detail)
	}
}

// A replacement that was bought under the plan is not replaced again, and what
// uses it goes on with the new result.
func TestReplacementIsConsumedOnce(t *testing.T) {
	config := stillAndClip("a")
	replace := func(a task.Address) bool { return a.Name == "still" }
	saved := makePlan(t, load(t, config), done(t, config), plan.Options{Replace: replace}).Save()
	records := with(done(t, config), "task.still", func(r *state.Record) {
		r.Result = &task.Result{URLs: []string{"https://cdn.example/new"}}
	})
	rest := saved.Rest([]state.Spend{spent(saved.Nonce, "task.still", charged)})
	p := makePlan(t, load(t, config), records, plan.Options{
		Replace:  func(a task.Address) bool { return replace(a) && rest.Replaces(a) },
		Withhold: rest.Withhold,
	})
	if diff := cmp.Diff([]string{"= task.still up_to_date", "~ task.clip input_changed"}, lines(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := rest.Check(p); err != nil {
		t.Error(err)
	}
}

// The corpus of the fuzz target is committed, so that what was found once is
// tried at every test.
func TestFuzzCorpusIsThere(t *testing.T) {
	entries, err := os.ReadDir("testdata/fuzz/FuzzSavedPlan")
	if err != nil || len(entries) == 0 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}
