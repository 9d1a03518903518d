package state

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"apixo-batch/spec/task"
)

// compareLedger looks for tasks that only the ledger has: that of a record whose
// own text was damaged, and those whose records are lost. (Those of records that
// state rm removed are among them: better told once too often.)
func (g *gathering) compareLedger() {
	known := g.tasks()
	for _, row := range g.view.order {
		s := row.spend()
		if s.TaskID == "" || known[s.TaskID] {
			continue
		}
		stored := g.view.records[s.Address]
		if stored != nil && g.unproven[s.Address] && stored.record.Nonce == s.Nonce && stored.record.TaskID != "" {
			g.setDoubt(*stored.record, fmt.Sprintf("its record, in a damaged part of the state, says task %q, and the ledger %q", stored.record.TaskID, s.TaskID))
			continue
		}
		g.Loss.Tasks = append(g.Loss.Tasks, s.TaskID)
	}
}

// takeFragments finds a place for each task ID that was readable in damaged
// text and that no record has: the doubt of its instance if that has one, else
// the list of what was lost.
func (g *gathering) takeFragments() {
	known := g.tasks()
	for _, f := range g.loose {
		f.tasks = slices.DeleteFunc(f.tasks, func(id string) bool { return known[id] })
		for _, id := range f.tasks {
			known[id] = true
		}
		stored := g.view.records[f.address]
		switch {
		case f.address == task.Address{}:
		case stored == nil:
			g.setDoubt(g.remains(f), "its record stood in a damaged part of the state"+tasksText(f.tasks))
			continue
		case len(f.tasks) > 0 && mayHaveSubmitted(stored.record.Status, stored.record.Failure) && after(g.Loss.Gaps, g.at[f.address]):
			g.setDoubt(*stored.record, "a later record of it stood in a damaged part of the state"+tasksText(f.tasks))
			continue
		}
		g.Loss.Tasks = append(g.Loss.Tasks, f.tasks...)
	}
}

// remains is what a fragment and the ledger tell of a record.
func (g *gathering) remains(f fragment) Record {
	r := Record{Address: f.address, Status: InDoubt, Request: f.request, Fingerprint: f.print}
	for _, row := range g.view.order {
		if s := row.spend(); s.Address == f.address && slices.Contains(f.tasks, s.TaskID) {
			r.Nonce, r.Cost, r.Priced = s.Nonce, s.Cost, s.Priced
		}
	}
	return r
}

func tasksText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf(", in which task %q is readable", strings.Join(ids, ", "))
}

// tasks are the task IDs that records have.
func (g *gathering) tasks() map[string]bool {
	known := map[string]bool{}
	for _, s := range g.view.records {
		known[s.record.TaskID] = true
		for _, past := range s.record.Past {
			known[past.TaskID] = true
		}
	}
	return known
}

// dropMoved drops what a lost rename would have dropped: an older record of a
// task that a later one at another address has.
func (g *gathering) dropMoved() {
	owners := map[string]task.Address{}
	for _, s := range g.view.sorted() {
		id, address := s.record.TaskID, s.record.Address
		other, twice := owners[id]
		switch {
		case id == "":
		case !twice || g.at[other] < g.at[address]:
			owners[id] = address
			if twice {
				g.drop(other)
			}
		default:
			g.drop(address)
		}
	}
}

func (g *gathering) drop(address task.Address) {
	record := g.view.records[address].record
	g.source("%s had the same task as a later record at another address; it was renamed, and only the later one is kept", address)
	if len(record.Past) > 0 { // what only this one remembers is not dropped
		rest := *record
		rest.TaskID = ""
		g.setDoubt(rest, "its task is at another address now; what it had before is not known to be there")
		return
	}
	delete(g.view.records, address)
}

// doubt puts in doubt what might have had a submit in a lost part.
func (g *gathering) doubt() {
	for _, s := range g.view.sorted() {
		r := *s.record
		lost := after(g.Loss.Gaps, g.at[r.Address])
		switch {
		case r.Status == Submitting:
			g.setDoubt(r, AbandonedCause+", or the record of it was lost")
		case lost && mayHaveSubmitted(r.Status, r.Failure):
			g.setDoubt(r, "later changes of the state are lost, and a submit of it may be among them")
		case lost && r.loseChanges():
			g.view.records[r.Address] = &stored{record: &r}
		}
	}
}

// loseChanges marks the tasks of a record that run, after which changes may be lost, and
// reports whether that changes the record.
func (r *Record) loseChanges() (marked bool) {
	if r.Status == Running && !r.LostChanges {
		r.LostChanges, marked = true, true
	}
	past := slices.Clone(r.Past)
	for i := range past {
		if p := &past[i]; p.Status == Running && !p.LostChanges {
			p.LostChanges, marked = true, true
		}
	}
	r.Past = past
	return marked
}

// mayHaveSubmitted reports whether a record of this status is submitted again
// without being asked: then its next submit may be what was lost.
func mayHaveSubmitted(s Status, f *task.Failure) bool {
	return s == Pending || s == Submitting || s == Failed && f != nil && f.Retryable
}

// setDoubt puts a record in doubt. What it knew of an accepted submit goes to
// its past.
func (g *gathering) setDoubt(r Record, cause string) {
	if r.TaskID != "" {
		r.Past = append(slices.Clip(r.Past), r.AsPast())
	}
	if r.Status != Submitting && r.Status != InDoubt || r.Nonce == "" {
		r.Nonce = "recovered-" + newID()
	}
	r.Status, r.Doubt = InDoubt, &Doubt{Since: g.now, Cause: cause}
	r.TaskID, r.Result, r.Failure, r.Artifacts, r.RefreshedURLs = "", nil, nil, nil, nil
	r.AcceptedAt, r.FinishedAt, r.LostChanges = time.Time{}, time.Time{}, false
	g.view.records[r.Address] = &stored{record: &r}
	g.at[r.Address] = g.changes
}

// completeLedger counts what was or may have been paid for and has no row: a
// budget may stop too early for that, and not too late.
func (g *gathering) completeLedger() {
	rows := map[string]bool{}
	for _, row := range g.view.order {
		rows[row.taskID] = true
	}
	for _, p := range g.view.paid() {
		if g.view.spends[p.Nonce] != nil || p.TaskID != "" && rows[p.TaskID] {
			continue
		}
		if p.Nonce == "" {
			p.Nonce = "recovered-" + newID()
		}
		kind := Charge
		if p.TaskID == "" {
			kind = Reserve
		}
		g.book(Entry{Kind: kind, Nonce: p.Nonce, Address: p.Address, TaskID: p.TaskID, Cost: p.Cost, Priced: p.Priced, At: g.now})
	}
}

// book adds an entry, if it is possible.
func (g *gathering) book(e Entry) {
	known := g.view.spends[e.Nonce] != nil
	switch {
	case checkEntry(e, known) == nil:
		_ = g.view.book(e) // it was just checked
	case e.Kind == Name && e.TaskID != "": // what it was named for stood in a damaged part
		g.Loss.Tasks = append(g.Loss.Tasks, e.TaskID)
	}
}
