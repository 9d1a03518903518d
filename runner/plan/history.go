package plan

import (
	"fmt"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func importsOf(s *spec.Spec) map[task.Address]spec.Import {
	imports := make(map[task.Address]spec.Import, len(s.History.Imports))
	for _, i := range s.History.Imports {
		imports[i.To] = i
	}
	return imports
}

// owners says of task IDs which records know them.
type owners struct {
	has   map[string]task.Address   // now, or in its past
	named map[string][]task.Address // for a submit in doubt, by a webhook
}

// ownersOf goes over the records once, and not for each import.
func ownersOf(records []*state.Record) owners {
	o := owners{has: make(map[string]task.Address, len(records)), named: make(map[string][]task.Address)}
	for _, r := range records {
		for _, past := range r.Past {
			o.has[past.TaskID] = r.Address
		}
		o.has[r.TaskID] = r.Address
		if r.Doubt != nil && r.Doubt.Named != "" {
			o.named[r.Doubt.Named] = append(o.named[r.Doubt.Named], r.Address)
		}
	}
	return o
}

// adopt makes the action collect the task that an import block names, unless that
// was adopted before.
func (d *decision) adopt(a *Action) {
	wanted, there := d.imports[a.Address]
	if !there || a.Prior != nil && a.Prior.Remembers(wanted.TaskID) {
		return
	}
	if why := d.notAdoptable(a, wanted.TaskID); why != nil {
		d.refused = append(d.refused, wanted.Refused("%s.", why))
		return
	}
	a.Kind, a.Reason, a.Import = Collect, Imported, wanted.TaskID
	a.Detail = "task " + wanted.TaskID + " is adopted by an import block, at no cost"
	if blocker := d.blocker(a.Instance); blocker != nil && !a.Eval.Known {
		a.Import = ""
		if blocker.Reason == LeftOut {
			leaveOutWith(a, blocker)
			return
		}
		a.Kind, a.Reason, a.Detail = Blocked, UpstreamBlocked, "the request of the imported task uses "+blocker.unusable()
	}
}

// remove makes an orphan's record leave the state, unless something would be lost
// with it.
func (a *Action) remove(opts Options) {
	if why := worthKeeping(a.Prior, opts.Missing); why != "" {
		a.Detail = "a removed block names it, and it stays: " + why
		return
	}
	if opts.Download {
		return
	}
	a.Reason, a.Dropped = Removed, true
	a.Detail = "its record is dropped, as a removed block says; its files stay"
}

// worthKeeping says what would be lost with a record, "" if nothing would.
func worthKeeping(r *state.Record, missing map[string]bool) string {
	switch r.Status {
	case state.Running:
		return "it still runs and is paid for"
	case state.InDoubt, state.Submitting:
		return "it is in doubt and may be paid for"
	case state.Succeeded:
		if !r.Complete() || gone(r, missing) {
			return "it is paid for, and not all of its files are on disk"
		}
	}
	for _, p := range r.Past {
		if lost := p.Failure != nil && p.Failure.Reason == task.Expired; !lost && p.Incomplete(missing) {
			return "an earlier task of it, " + p.TaskID + ", is paid for, and not all of its files are on disk"
		}
	}
	return ""
}

// notAdoptable says why a task cannot become the instance's; nil if it can.
func (d *decision) notAdoptable(a *Action, taskID string) error {
	if owner, has := d.owners.has[taskID]; has {
		return fmt.Errorf("it belongs to %s", owner)
	}
	for _, doubted := range d.owners.named[taskID] {
		if doubted != a.Address {
			return fmt.Errorf("a webhook named it for a submit of %s that is in doubt; apixo-batch resolve '%s' settles that", doubted, doubted)
		}
	}
	switch a.was() {
	case state.Succeeded, state.Running:
		return fmt.Errorf("%s has task %s of its own, which is paid for; remove the import block", a.Address, a.Prior.TaskID)
	case state.InDoubt, state.Submitting:
		return fmt.Errorf("a submit of %s is in doubt; apixo-batch resolve -task-id=%s '%s' settles that, if this is its task", a.Address, taskID, a.Address)
	default:
		return nil
	}
}
