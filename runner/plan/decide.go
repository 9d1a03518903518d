package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// decision turns matched slots into actions, dependencies first.
type decision struct {
	spec     *spec.Spec
	matching *matching
	opts     Options
	out      map[task.Address]Omission // the instances that the selection does not choose
	actions  []Action                  // decided so far, by the index of the slots
	imports  map[task.Address]spec.Import
	owners   owners             // where there are imports
	refused  []error            // what the configuration forbids
	pricers  map[string]*pricer // by model
}

func (d *decision) decide(instance *spec.Instance, s *slot) Action {
	a := Action{
		Address: instance.Address, Instance: instance, Eval: s.eval, Prior: d.matching.storedOf(s.record),
		settings: d.matching.settings,
	}
	a.Kind, a.Reason, a.Detail = d.judge(s)
	d.amend(&a, s)
	if s.err == nil {
		d.adopt(&a)
	}
	if a.Kind.Pays() {
		d.hinder(&a)
	}
	if d.out[a.Address] == ByExclude && (a.Kind.Pays() || a.Kind == Blocked) {
		leaveOut(&a, ByExclude, selectionDetail(&a, ByExclude))
	}
	if a.Kind.Pays() {
		a.Price = d.pricer(&a).price(s.eval)
		d.withhold(&a)
	}
	return a
}

// pricer is the one of the action's model, whose price is the same for all.
func (d *decision) pricer(a *Action) *pricer {
	model := a.Model()
	if d.pricers[model] == nil {
		d.pricers[model] = a.newPricer(model)
	}
	return d.pricers[model]
}

// hinder keeps an action from paying where a result that it uses will not come,
// what is new from resume, and everything from download.
func (d *decision) hinder(a *Action) {
	switch blocker := d.blocker(a.Instance); {
	case blocker != nil && blocker.Reason == LeftOut:
		leaveOutWith(a, blocker)
	case blocker != nil && a.Reason == Resubmission:
		a.Kind, a.Reason, a.Detail = Doubtful, OutcomeUnknown, doubtDetail(a.Prior)
	case blocker != nil:
		a.Kind, a.Reason, a.Detail = Blocked, UpstreamBlocked, "uses "+blocker.unusable()
	case d.opts.Download:
		leaveOut(a, ByDownload, "download buys nothing")
	case d.opts.Resume && (a.Kind != Retry || boughtElsewhere(a.Prior)):
		leaveOut(a, ByResume, "resume buys nothing new")
	}
}

// boughtElsewhere reports whether a record's only task was imported: another
// attempt would be the first that is paid for here.
func boughtElsewhere(r *state.Record) bool { return r.TaskID != "" && r.Attempt == 0 }

// withhold leaves out what the options say.
func (d *decision) withhold(a *Action) {
	if d.opts.Withhold == nil {
		return
	}
	if why := d.opts.Withhold(a); why != "" {
		leaveOut(a, BySavedPlan, why)
	}
}

// judge decides by the record alone.
func (d *decision) judge(s *slot) (Kind, Reason, string) {
	r := s.record
	if r == nil {
		return Submit, New, "never submitted"
	}
	if r.Status == state.InDoubt || r.Status == state.Submitting {
		return d.judgeDoubt(s)
	}
	if d.opts.Replace != nil && d.opts.Replace(s.instance.Address) {
		return Regenerate, Requested, "asked for by -replace"
	}
	if !s.same {
		return d.judgeChanged(s)
	}
	if s.triggered {
		return Regenerate, Triggered, "replace_triggered_by: " + triggerNames(s.instance.Lifecycle.Triggers) + " changed since it was submitted"
	}
	switch r.Status {
	case state.Running:
		return Collect, StillRunning, "paid for and running, task " + r.TaskID
	case state.Succeeded:
		return d.judgeSucceeded(s)
	case state.Failed:
		return judgeFailed(r)
	}
	if Doubts(r) > 0 {
		return Submit, GivenUp, "was in doubt and was given up, may be paid twice"
	}
	return Submit, Interrupted, "refused or stopped before anything was accepted"
}

// judgeChanged is for a record of the same address and another request. Where
// nothing was accepted under the old request, there is nothing to regenerate.
func (d *decision) judgeChanged(s *slot) (Kind, Reason, string) {
	if s.record.Status == state.Pending && !slices.ContainsFunc(s.record.Past, perhapsAccepted) {
		return Submit, New, "never accepted"
	}
	if !s.eval.Known {
		return Regenerate, InputChanged, "uses " + joinAddresses(s.eval.After) + ", which will have a new result"
	}
	detail := changedFields(s.record.Request, s.eval.Request) + " changed"
	if n, found := earlier(s.instance, s.record, s.eval.Request, d.matching.triggersOf(s.instance)); found && collectable(s.record) {
		detail += "; task " + s.record.Past[n].TaskID + " was bought for this input earlier, and is used again once task " + s.record.TaskID + " has been collected: nothing is bought then"
	}
	return Regenerate, InputChanged, detail
}

// perhapsAccepted is false of a doubt that was settled as not charged.
func perhapsAccepted(p state.Past) bool { return p.Status != state.Pending }

func (d *decision) judgeSucceeded(s *slot) (Kind, Reason, string) {
	r := s.record
	n, verdict := absent(r, d.opts.Missing), d.verdict(s)
	switch {
	case n == 0 && verdict != nil:
		return Blocked, Rejected, verdict.Message
	case n == 0:
		return Keep, UpToDate, ""
	case r.Failure != nil && r.Failure.Reason == task.Expired:
		return Blocked, FailedForGood, fmt.Sprintf("its result expired before it was downloaded; -replace='%s' buys it again", r.Address)
	default:
		return Collect, ResultMissing, absentDetail(n, len(r.Result.URLs))
	}
}

// absent counts the files of a result that are not on disk.
func absent(r *state.Record, missing map[string]bool) int {
	n := len(r.Result.URLs) - len(r.Artifacts)
	for _, artifact := range r.Artifacts {
		if missing[artifact.Path] {
			n++
		}
	}
	return n
}

func absentDetail(absent, all int) string {
	files, are := "files", "are"
	if all == 1 {
		files = "file"
	}
	if absent == 1 {
		are = "is"
	}
	return fmt.Sprintf("%d of %d %s %s not on disk", absent, all, files, are)
}

func judgeFailed(r *state.Record) (Kind, Reason, string) {
	what := r.Failure.Kind()
	if r.Failure.Retryable {
		return Retry, RetryableFailure, fmt.Sprintf("%s, attempt %d follows", what, r.Attempt+1)
	}
	return Blocked, FailedForGood, what
}

// judgeDoubt is for a submit whose outcome is not known. It waits for resolve,
// unless on_in_doubt asks for another one of the same request. Where a webhook has
// named a task for it, nothing else is bought before that is settled.
func (d *decision) judgeDoubt(s *slot) (Kind, Reason, string) {
	r, most := s.record, s.instance.MaxAttempts
	submits := Doubts(r) + r.Attempt
	switch {
	case !d.resubmits() || !s.same || r.Status != state.InDoubt || r.Doubt != nil && r.Doubt.Named != "":
		return Doubtful, OutcomeUnknown, doubtDetail(r)
	case submits >= most:
		return Doubtful, OutcomeUnknown, fmt.Sprintf("%s; submitted %d times, and max_attempts is %d", doubtDetail(r), submits, most)
	default:
		return Retry, Resubmission, fmt.Sprintf("in doubt since %s, may be paid twice", r.Doubt.Since.UTC().Format(minutes))
	}
}

// resubmits reports whether doubts are given up for another submit. resume and
// download never do: who asks for what was paid does not ask to risk paying twice.
func (d *decision) resubmits() bool {
	return d.spec.Settings.ResubmitDoubts && !d.opts.Resume && !d.opts.Download
}

// Doubts counts the submits of the record's request of which nobody knows
// whether they were paid for: its own, and those that were given up.
func Doubts(r *state.Record) int {
	n := 0
	if r.Status == state.InDoubt {
		n++
	}
	for _, past := range r.Past {
		if past.Status == state.InDoubt && past.Fingerprint == r.Fingerprint {
			n++
		}
	}
	return n
}

func doubtDetail(r *state.Record) string {
	if r.Doubt == nil {
		return "a submit is being sent, or was when its process ended"
	}
	if r.Doubt.Named != "" {
		return fmt.Sprintf("%s; a webhook named task %.100q, not confirmed", r.Doubt.Cause, r.Doubt.Named)
	}
	return r.Doubt.Cause
}

// blocker is the action of an instance that this one uses and that will have no
// result; nil if there is none. One that is left out counts only where nothing
// else is in the way, and least if it would have been bought.
func (d *decision) blocker(instance *spec.Instance) (blocker *Action) {
	for _, address := range instance.DependsOn {
		upstream := &d.actions[d.matching.index[address]]
		switch {
		case upstream.Kind == Blocked || upstream.Kind == Doubtful:
			return upstream
		case upstream.Reason == LeftOut && (blocker == nil || upstream.Otherwise == Blocked):
			blocker = upstream
		}
	}
	return blocker
}

// collectable reports whether a record stands for something paid that is not
// all here yet.
func collectable(r *state.Record) bool {
	switch r.Status {
	case state.Running:
		return true
	case state.Succeeded:
		return !r.Complete() && (r.Failure == nil || r.Failure.Reason != task.Expired)
	default:
		return false
	}
}

func joinAddresses(addresses []task.Address) string {
	names := make([]string, 0, 4)
	for _, a := range addresses[:min(4, len(addresses))] {
		names = append(names, a.String())
	}
	return joinSome(names, len(addresses))
}

func joinNames(names []string) string { return joinSome(names, len(names)) }

// joinSome names the first three of so many.
func joinSome(names []string, all int) string {
	const most = 3
	if all <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, %d more", strings.Join(names[:most], ", "), all-most)
}

// changedFields names the top-level fields of the request that differ.
func changedFields(before, after task.Request) string {
	var old, now map[string]json.RawMessage
	if json.Unmarshal(before.Input, &old) != nil || json.Unmarshal(after.Input, &now) != nil {
		return "input"
	}
	changed := make(map[string]bool)
	for name := range old {
		changed[name] = !bytes.Equal(old[name], now[name])
	}
	for name := range now {
		changed[name] = !bytes.Equal(old[name], now[name])
	}
	maps.DeleteFunc(changed, func(_ string, differs bool) bool { return !differs })
	names := slices.Sorted(maps.Keys(changed))
	if before.Model != after.Model {
		names = append([]string{"model"}, names...)
	}
	return strings.Join(names, ", ")
}
