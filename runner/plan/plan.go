package plan

import (
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Options are what a plan depends on beside instances and records.
type Options struct {
	// Mask replaces sensitive values in requests as the state stores them.
	Mask spec.Mask
	// Replace names instances to submit again although nothing changed.
	Replace func(task.Address) bool
	// Missing holds the paths of recorded artifacts that are not on disk.
	Missing map[string]bool
	// Resume buys nothing for the first time and nothing that changed.
	Resume bool
	// Download buys nothing at all, and collects whatever is paid for and not on
	// disk: also of a request that has changed, or is not declared any more.
	Download bool
	// Selection limits what is bought. Replace counts only for what it chooses.
	Selection Selection
	// Withhold says why an action that pays is left out after all; "" if it is
	// not. nil leaves out none.
	Withhold func(*Action) string
	// OutputPrefix is a directory, relative and with slashes, in which all
	// output paths are taken; empty for the configuration's own.
	OutputPrefix string
}

// Plan is what an apply would do.
type Plan struct {
	// Actions are in an order that can be carried out: an instance comes after
	// those it depends on. Orphans come last, by address.
	Actions []Action
	// Secrets hides the values of sensitive variables in what comes back.
	Secrets task.Redactor
	// ResubmitDoubts is set if a doubt that arises while the plan is carried out is
	// given up at once for another submit.
	ResubmitDoubts bool
	// Limits are those of each model that an action or its record names.
	Limits map[string]Limits
	// Duplicates are sets of instances that ask for the same thing, one of which at
	// least pays.
	Duplicates []spec.Duplicate
	// Unevaluated says of each instance whose input cannot be evaluated why, in the
	// order of Actions. Only a plan that buys nothing new has such instances: it
	// collects what they have bought, and leaves out the rest.
	Unevaluated []error
	// Refused says which imports and moves are not possible, and why; nil if all
	// are. Only a plan that buys nothing new has such: the records stay where they
	// are.
	Refused error
}

// Make plans. It fails if an input cannot be evaluated, and if the configuration
// forbids what it would do: a precondition that is false, a protected result, an
// import or a move that is not possible. With Options.Resume and Options.Download
// it does not fail. The error is hcl.Diagnostics. The records are those of a state's
// Outline, and stay as they are.
func Make(s *spec.Spec, records []*state.Record, opts Options) (*Plan, error) {
	out := opts.Selection.LeavesOut(s.Instances)
	if replace := opts.Replace; replace != nil {
		opts.Replace = func(a task.Address) bool { return out[a] == "" && replace(a) }
	}
	m := newMatching(s, records, opts)
	if err := m.run(); err != nil {
		return nil, err
	}
	d := decision{
		spec: s, matching: m, opts: opts, out: out, actions: make([]Action, 0, len(s.Instances)),
		imports: importsOf(s), refused: m.refused, pricers: make(map[string]*pricer),
	}
	if len(d.imports) > 0 {
		d.owners = ownersOf(records)
	}
	var unevaluated []error
	for i, instance := range s.Instances {
		d.actions = append(d.actions, d.decide(instance, &m.slots[i]))
		if err := m.slots[i].err; err != nil {
			unevaluated = append(unevaluated, err)
		}
	}
	d.narrow()
	d.guard()
	refused := spec.JoinErrors(d.refused)
	if refused != nil && !m.lenient {
		return nil, refused
	}
	p := &Plan{
		Actions: append(d.actions, orphans(m, opts)...), Duplicates: d.duplicates(),
		Unevaluated: unevaluated, Refused: refused,
		Secrets: task.NewRedactor(s.Secrets()), ResubmitDoubts: d.resubmits(),
	}
	p.Limits = limits(s, p.Actions)
	if opts.Download {
		p.collectAll(opts.Missing)
	}
	return p, nil
}

func orphans(m *matching, opts Options) []Action {
	var found []Action
	for _, record := range m.left() {
		a := Action{
			Kind: Orphan, Address: m.homes[record.Address], Eval: noInput, Prior: m.storedOf(record), Reason: NotDeclared,
			Detail: "no longer declared; " + orphanDetail(record), settings: m.settings,
		}
		if m.spec.History.Removed(record.Address) {
			a.remove(opts)
		}
		found = append(found, a)
	}
	slices.SortFunc(found, func(a, b Action) int { return a.Address.Compare(b.Address) })
	return found
}

func orphanDetail(r *state.Record) string {
	switch r.Status {
	case state.Running:
		return "still running, will be collected"
	case state.InDoubt, state.Submitting:
		return "in doubt"
	case state.Succeeded:
		return "its files stay"
	default:
		return "nothing of it was paid for and runs"
	}
}

// Totals sum up a plan.
type Totals struct {
	Count map[Kind]int
	Moved int
	// Imported counts the tasks that are adopted, Dropped the records that leave
	// the state.
	Imported, Dropped int
	// Accepted counts the results that postconditions rejected and pass now.
	Accepted int
	// Restored counts the earlier results that are used again.
	Restored int
	// Followed counts the earlier tasks that are collected beside what the actions say.
	Followed int
	// LeftOut counts the purchases that are left out, by what leaves them out. The
	// actions are there still, since their records may have to move.
	LeftOut map[Omission]int
	// Resubmits counts the paying actions whose earlier submit is in doubt, so
	// that they may be paid twice.
	Resubmits int
	// Low and High bound what the paying actions cost if each needs one
	// attempt; AtMost is High with every allowed retry.
	Low, High, AtMost task.Cost
	// Repeats: a submit that is answered with a 5xx is sent again. Each may be
	// charged, which AtMost does not count.
	Repeats bool
	// Unpriced counts the paying actions whose price nobody knows, by model.
	// They are in none of the sums.
	Unpriced map[string]int
	// PriceNotes are the Notes of the prices, by model, those of prices that are
	// not known first; nil without any.
	PriceNotes map[string]string
}

// Totals sums up the plan's actions.
func (p *Plan) Totals() Totals {
	t := Totals{Count: make(map[Kind]int), LeftOut: make(map[Omission]int), Unpriced: make(map[string]int)}
	for i := range p.Actions {
		a := &p.Actions[i]
		switch {
		case a.Reason != LeftOut:
			t.Count[a.Kind]++
		case a.Otherwise.Pays():
			t.LeftOut[a.LeftOutBy]++
		}
		if _, moved := a.Moved(); moved {
			t.Moved++
		}
		if a.Kind == Collect && a.Import != "" {
			t.Imported++
		}
		switch {
		case a.Kind != Keep:
		case a.Restored:
			t.Restored++
		case a.Judged:
			t.Accepted++
		}
		if a.Dropped {
			t.Dropped++
		}
		t.Followed += len(a.Earlier())
		if a.Reason == Resubmission || a.Reason == GivenUp {
			t.Resubmits++
		}
		if a.Kind.Pays() && a.Price.Note != "" {
			if t.PriceNotes == nil {
				t.PriceNotes = make(map[string]string)
			}
			if model := a.Instance.Model; t.Unpriced[model] == 0 || !a.Price.Known {
				t.PriceNotes[model] = a.Price.Note
			}
		}
		switch {
		case !a.Kind.Pays():
		case !a.Price.Known:
			t.Unpriced[a.Instance.Model]++
		default:
			t.Low = t.Low.Plus(a.Price.Low)
			t.High = t.High.Plus(a.Price.High)
			t.AtMost = t.AtMost.Plus(a.Price.High * task.Cost(a.Instance.MaxAttempts))
			t.Repeats = t.Repeats || slices.ContainsFunc(a.Instance.RetryCalls, func(status int) bool { return status >= 500 })
		}
	}
	return t
}

// Paying is the number of actions that submit a task.
func (t Totals) Paying() int {
	return t.Count[Submit] + t.Count[Regenerate] + t.Count[Retry]
}

// NotSelected is the number of purchases that a Selection leaves out.
func (t Totals) NotSelected() int {
	return t.LeftOut[ByTarget] + t.LeftOut[ByExclude] + t.LeftOut[ByLimit] + t.LeftOut[BySample]
}

// Withheld is the number of purchases that resume, download or a saved plan
// leaves out.
func (t Totals) Withheld() int {
	return t.LeftOut[ByResume] + t.LeftOut[ByDownload] + t.LeftOut[BySavedPlan]
}

// Pending reports whether an apply of the plan would do anything: submit,
// collect, also an earlier task, or write down a new address, a verdict,
// an earlier result or the end of a record.
func (p *Plan) Pending() bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool {
		_, moved := a.Moved()
		return a.Kind.Pays() || a.Collects() || moved || a.Judged || a.Restored || a.Dropped || len(a.Earlier()) > 0
	})
}
