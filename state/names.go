package state

import (
	"slices"
	"time"

	"apixo-batch/spec/task"
)

// MaxNames is how many tasks the ledger keeps that were named for one submit. There is
// one true name; the rest bounds what somebody who learned the callback URL can leave.
const MaxNames = 4

// Named is a task that a webhook named for a submit. Nothing proves it.
type Named struct {
	TaskID string    `json:"task_id"`
	At     time.Time `json:"at"`
	// Dismissed: it holds the submit no longer; see Dismiss.
	Dismissed bool `json:"dismissed,omitempty"`
}

// HasName reports whether a task was named for the submit.
func (s Spend) HasName(taskID string) bool {
	return slices.ContainsFunc(s.Named, func(n Named) bool { return n.TaskID == taskID })
}

// isNamed reports whether a name holds the submit.
func (s *Spend) isNamed() bool {
	return slices.ContainsFunc(s.Named, func(n Named) bool { return !n.Dismissed })
}

// release gives the money back, unless a name says that it may have been charged. Then
// that waits until no name holds the submit any more, or somebody settles it.
func (s *Spend) release(e Entry) {
	if e.Settled == nil && s.isNamed() {
		s.ReleaseHeldAt = e.At
	} else {
		s.ReleasedAt, s.ReleaseHeldAt = e.At, time.Time{}
	}
}

// foldName adds a name, or dismisses it. What was given back may have been charged once
// a task is named, so it counts again, until no name holds the submit.
func (s *Spend) foldName(e Entry) {
	named := slices.Clone(s.Named)
	at := slices.IndexFunc(named, func(n Named) bool { return n.TaskID == e.TaskID })
	switch {
	case e.Kind == Dismiss && at >= 0:
		named[at].Dismissed = true
	case e.Kind == Name && at < 0 && s.TakesName():
		if len(named) >= MaxNames { // one that was dismissed makes room
			named = slices.Delete(named, s.dismissed(), s.dismissed()+1)
		}
		named = append(named, Named{TaskID: e.TaskID, At: e.At})
		if !s.ReleasedAt.IsZero() {
			s.ReleasedAt, s.ReleaseHeldAt = time.Time{}, s.ReleasedAt
		}
	}
	if s.Named = named; !s.isNamed() && !s.ReleaseHeldAt.IsZero() {
		s.ReleasedAt, s.ReleaseHeldAt = s.ReleaseHeldAt, time.Time{}
	}
}

// Names are the tasks that were named for a submit and that nobody knows more of: the
// submit has no task yet, and they are no other submit's.
func (s *Store) Names(nonce string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.names(nonce)
}

// Owner finds the instance that has, or once had, a task by another submit than the
// one with this nonce. The ledger also knows those whose record is gone.
func (s *Store) Owner(taskID, nonce string) (task.Address, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.owner(taskID, nonce)
}

// AsNamed is a record as it is where a webhook has named a task for one of the submits
// of its request, and it has no task: in doubt with that submit. Open and Read give
// every record so.
func (s *Store) AsNamed(r Record) Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.asNamed(r)
}

// TakesName reports whether the ledger has room for one more name of the submit.
func (s Spend) TakesName() bool { return len(s.Named) < MaxNames || s.dismissed() >= 0 }

// dismissed is the place of the first name that was dismissed, -1 if there is none.
func (s Spend) dismissed() int {
	return slices.IndexFunc(s.Named, func(n Named) bool { return n.Dismissed })
}

func (v *view) names(nonce string) (names []string) {
	row := v.spends[nonce]
	if row == nil || row.taskID != "" || row.rare == nil {
		return nil
	}
	for _, n := range row.rare.named {
		if _, others := v.owner(n.TaskID, nonce); !n.Dismissed && !others {
			names = append(names, n.TaskID)
		}
	}
	return names
}

func (v *view) owner(taskID, nonce string) (task.Address, bool) {
	for _, s := range v.records {
		if s.record.TaskID == taskID && s.record.Nonce != nonce {
			return s.record.Address, true
		}
		if slices.ContainsFunc(s.record.Past, func(p Past) bool { return p.TaskID == taskID && p.Nonce != nonce }) {
			return s.record.Address, true
		}
	}
	for _, row := range v.order {
		if row.taskID == taskID && row.nonce != nonce {
			return row.address, true
		}
	}
	return task.Address{}, false
}

// Open lists the submits of the record's request without a task: its own, the latest
// first.
func (r *Record) Open() (nonces []string) {
	if r.TaskID == "" && r.Nonce != "" {
		nonces = append(nonces, r.Nonce)
	}
	for _, p := range slices.Backward(r.Past) {
		if p.TaskID == "" && p.Fingerprint == r.Fingerprint && p.Nonce != r.Nonce {
			nonces = append(nonces, p.Nonce)
		}
	}
	return nonces
}

// Lacks reports whether the record has nothing to show for its request, so that it
// might be bought again.
func (r *Record) Lacks() bool {
	return r.Status == Pending || r.Status == Failed || r.Status == InDoubt
}

func (v *view) asNamed(r Record) Record {
	named, by := "", ""
	if r.Lacks() {
		for _, nonce := range r.Open() {
			if names := v.names(nonce); len(names) > 0 {
				named, by = names[0], nonce
				break
			}
		}
	}
	switch {
	case r.Status == InDoubt && r.Doubt != nil && r.Doubt.Named != named:
		r.Doubt = new(*r.Doubt)
		r.Doubt.Named = named
	case r.Status != InDoubt && named != "":
		spend := v.spends[by].spend()
		at := slices.IndexFunc(spend.Named, func(n Named) bool { return n.TaskID == named })
		r = r.doubted(spend)
		r.Doubt = &Doubt{Since: spend.Named[at].At, Cause: NamedCause, Named: named}
	}
	return r
}

// doubted makes a submit, its latest or one of its past, the record's latest, in doubt.
func (r Record) doubted(s Spend) Record {
	if r.TaskID != "" {
		r.Past = append(slices.Clip(r.Past), r.AsPast())
	}
	r.SubmittedAt = s.ReservedAt
	r.Past = slices.DeleteFunc(slices.Clone(r.Past), func(p Past) bool { return p.Nonce == s.Nonce })
	r.Status, r.Nonce, r.TaskID, r.Cost, r.Priced = InDoubt, s.Nonce, "", s.Cost, s.Priced
	r.AcceptedAt, r.FinishedAt = time.Time{}, time.Time{}
	r.Failure, r.Result, r.Artifacts, r.RefreshedURLs = nil, nil, nil, nil
	return r
}

// namedRecords are the records that names make others than they are stored.
func (v *view) namedRecords() (changed []Record) {
	if !v.hasNames() {
		return nil
	}
	for _, s := range v.sorted() {
		r := v.asNamed(*s.record)
		if r.Status != s.record.Status || r.Doubt != s.record.Doubt {
			changed = append(changed, r)
		}
	}
	return changed
}

func (v *view) hasNames() bool {
	return slices.ContainsFunc(v.order, func(r *row) bool { return r.rare != nil && len(r.rare.named) > 0 })
}
