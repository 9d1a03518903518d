package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"apixo-batch/spec/task"
)

// view is the state in memory: the snapshot and all changes since.
type view struct {
	header    Header
	unknown   []field // of the snapshot's top level, kept for newer releases
	records   map[task.Address]*stored
	spends    map[string]*row // by nonce
	order     []*row          // by first reservation
	origins   map[origin]*origin
	committed task.Cost
	approvals []kept[Approval]
	readings  []kept[Reading]
	limits    []kept[Limit] // one for each model

	interventions []kept[Intervention]
}

// stored is a record, and the JSON it was read from if that has fields which
// this release does not know. The JSON is written again as it is until the
// record is replaced, so those fields survive.
type stored struct {
	record *Record
	raw    json.RawMessage
}

func newView(h Header) *view {
	return &view{header: h, records: map[task.Address]*stored{}, spends: map[string]*row{}, origins: map[origin]*origin{}}
}

// apply carries out a change that was checked and is durable, or is read back.
// raw is the JSON of the change's records, nil unless it has unknown fields.
func (v *view) apply(c Change, raw []json.RawMessage) error {
	for _, address := range c.Remove {
		delete(v.records, address)
	}
	for i := range c.Put {
		s := &stored{record: &c.Put[i]}
		if raw != nil {
			s.raw = raw[i]
		}
		v.records[s.record.Address] = s
	}
	if c.Endpoint != "" {
		v.header.Endpoint = c.Endpoint
	}
	v.header.Changes++
	if c.Approve != nil {
		if err := v.checkApproval(*c.Approve); err != nil {
			return err
		}
		v.approvals = append(v.approvals, kept[Approval]{value: *c.Approve})
	}
	if c.Balance != nil {
		v.readings = append(v.readings, kept[Reading]{value: *c.Balance})
	}
	for _, l := range c.Limits {
		v.keepLimit(l, nil)
	}
	if c.Intervene != nil {
		v.interventions = append(v.interventions, kept[Intervention]{value: *c.Intervene})
	}
	for _, entry := range c.Money {
		if err := v.book(entry); err != nil {
			return err
		}
	}
	return nil
}

// book folds one entry into the ledger.
func (v *view) book(e Entry) error {
	r := v.spends[e.Nonce]
	if err := checkEntry(e, r != nil); err != nil {
		return err
	}
	if r == nil {
		s := Spend{Nonce: e.Nonce, Address: e.Address, Model: e.Model, Run: e.Run, Plan: e.Plan, Cost: e.Cost, Priced: e.Priced, ReservedAt: e.At}
		s.fold(e)
		v.add(s, nil)
		return nil
	}
	s := r.spend()
	before := s.Committed()
	s.fold(e)
	v.set(r, s, nil)
	v.committed += s.Committed() - before
	return nil
}

// sorted returns the records by address.
func (v *view) sorted() []*stored {
	all := make([]*stored, 0, len(v.records))
	for _, s := range v.records {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stored) int { return a.record.Address.Compare(b.record.Address) })
	return all
}

func (v *view) sortedRecords() []Record {
	all := v.sorted()
	records := make([]Record, len(all))
	for i, s := range all {
		records[i] = *s.record
	}
	return records
}

func (v *view) spendRows() []Spend {
	rows := make([]Spend, len(v.order))
	for i, r := range v.order {
		rows[i] = r.spend()
	}
	return rows
}

// draft checks the changes of one batch, in order, against the view as it will
// be when those before them are carried out.
type draft struct {
	view     *view
	status   map[task.Address]Status // "" for removed
	tasks    map[task.Address]string // task IDs of the records in status
	nonces   map[string]bool
	charged  map[string]Entry // by task
	approved map[string]bool  // plans
	named    map[string]bool  // nonces that the batch names tasks for
	endpoint string
	change   drafted
}

// drafted is what the change at hand would do, alone.
type drafted struct {
	status map[task.Address]Status // "" for removed
	put    map[task.Address]bool
	nonces map[string]bool
}

func (v *view) draft() *draft {
	return &draft{
		view: v, named: map[string]bool{}, status: map[task.Address]Status{}, tasks: map[task.Address]string{}, nonces: map[string]bool{},
		charged: map[string]Entry{}, approved: map[string]bool{}, endpoint: v.header.Endpoint,
		change: drafted{map[task.Address]Status{}, map[task.Address]bool{}, map[string]bool{}},
	}
}

// begin is for another change.
func (d *drafted) begin() {
	clear(d.status)
	clear(d.put)
	clear(d.nonces)
}

// foresee notes the names in a change of the batch, which hold also what comes before
// them: all of a batch is made durable, and answered for, at once.
func (d *draft) foresee(c Change) {
	for _, entry := range c.Money {
		if entry.Kind == Name {
			d.named[entry.Nonce] = true
		}
	}
}

// accept reports why a change is impossible. If it is not, the changes after it
// are checked as if it had happened.
func (d *draft) accept(c Change) error {
	for _, nonce := range c.UnlessNamed {
		if d.named[nonce] || len(d.view.names(nonce)) > 0 {
			return fmt.Errorf("record %s: %w", c.Op, ErrNamed)
		}
	}
	d.change.begin()
	status, put, nonces := d.change.status, d.change.put, d.change.nonces
	for _, address := range c.Remove {
		if _, twice := status[address]; twice || d.at(address) == "" {
			return fmt.Errorf("remove %s: there is no such record", address)
		}
		status[address] = ""
	}
	for _, record := range c.Put {
		if put[record.Address] {
			return fmt.Errorf("record %s: it is twice in one change", record.Address)
		}
		put[record.Address] = true
		from, removed := status[record.Address]
		if !removed {
			from = d.at(record.Address)
		}
		if err := checkRecord(record, from); err != nil {
			return err
		}
		if from == "" {
			if err := checkAddress(c.Op, record.Address); err != nil {
				return err
			}
		}
		if lost := d.task(record.Address); !removed && lost != "" && !record.Remembers(lost) {
			return fmt.Errorf("record %s: it would drop task %q, which was paid for", record.Address, lost)
		}
		status[record.Address] = record.Status
	}
	for _, entry := range c.Money {
		known := d.view.spends[entry.Nonce] != nil || d.nonces[entry.Nonce] || nonces[entry.Nonce]
		if err := checkEntry(entry, known); err != nil {
			return err
		}
		if err := d.checkSettled(entry); err != nil {
			return err
		}
		if !put[entry.Address] && d.at(entry.Address) == "" {
			if err := checkAddress(c.Op, entry.Address); err != nil {
				return err
			}
		}
		nonces[entry.Nonce] = true
	}
	if c.Approve != nil {
		if err := d.view.checkApproval(*c.Approve); err != nil {
			return err
		}
		if d.approved[c.Approve.Plan] {
			return fmt.Errorf("plan %s was begun already", c.Approve.Plan)
		}
		d.approved[c.Approve.Plan] = true
	}
	if c.Endpoint != "" && d.endpoint != "" && c.Endpoint != d.endpoint {
		return &EndpointError{Recorded: d.endpoint, Asked: c.Endpoint}
	}
	d.take(status, nonces, c.Endpoint)
	for _, entry := range c.Money {
		if entry.Kind == Charge && entry.TaskID != "" {
			d.charged[entry.TaskID] = entry
		}
	}
	for _, record := range c.Put {
		d.tasks[record.Address] = record.TaskID
	}
	return nil
}

// checkSettled refuses to settle a doubt with a task that is another submit's: of two
// that would have one, a task of one of them would never be known.
func (d *draft) checkSettled(e Entry) error {
	if e.Kind != Charge || e.Settled == nil || e.TaskID == "" {
		return nil
	}
	owner, others := d.view.owner(e.TaskID, e.Nonce)
	if first, drafted := d.charged[e.TaskID]; drafted && first.Nonce != e.Nonce {
		owner, others = first.Address, true
	}
	if others {
		return fmt.Errorf("task %q belongs to %s already", e.TaskID, owner)
	}
	return nil
}

func (d *draft) take(status map[task.Address]Status, nonces map[string]bool, endpoint string) {
	for address, s := range status {
		d.status[address] = s
		if s == "" {
			d.tasks[address] = ""
		}
	}
	for nonce := range nonces {
		d.nonces[nonce] = true
	}
	if endpoint != "" {
		d.endpoint = endpoint
	}
}

// at is the status of an address, "" if it has no record.
func (d *draft) at(address task.Address) Status {
	if s, drafted := d.status[address]; drafted {
		return s
	}
	if s := d.view.records[address]; s != nil {
		return s.record.Status
	}
	return ""
}

// task is the task ID of the record at an address, "" if it has none.
func (d *draft) task(address task.Address) string {
	if id, drafted := d.tasks[address]; drafted {
		return id
	}
	if s := d.view.records[address]; s != nil {
		return s.record.TaskID
	}
	return ""
}

// Remembers reports whether the record holds a task, now or in its past.
func (r *Record) Remembers(taskID string) bool {
	return r.TaskID == taskID || slices.ContainsFunc(r.Past, func(p Past) bool { return p.TaskID == taskID })
}

// checkAddress refuses an address that could not be read back from what is
// written. Those of records that are there were checked, or read.
func checkAddress(op string, a task.Address) error {
	if back, err := task.ParseAddress(a.String()); err != nil || back != a {
		return fmt.Errorf("record %s: %q is not an address", op, a)
	}
	return nil
}

func checkRecord(r Record, from Status) error {
	switch {
	case r.Address == task.Address{}:
		return errors.New("record without an address")
	case !r.Status.known():
		return fmt.Errorf("record %s: %q is not a status", r.Address, r.Status)
	case from != "" && !CanBecome(from, r.Status):
		return fmt.Errorf("record %s: it is %s and cannot become %s", r.Address, from, r.Status)
	}
	return nil
}
