package state

import (
	"fmt"

	"apixo-batch/spec/task"
)

// Paid is a submit that was, or may have been, paid for.
type Paid struct {
	Address task.Address
	TaskID  string // "" while it is in doubt
	Nonce   string
	Cost    task.Cost
	Priced  bool // false: nobody knows the price
	Status  Status
}

func (p Paid) String() string {
	price := "price not known"
	if p.Priced {
		price = p.Cost.String()
	}
	if p.TaskID == "" {
		return fmt.Sprintf("submit %s of %s, without a task ID (%s)", p.Nonce, p.Address, price)
	}
	return fmt.Sprintf("task %q of %s (%s)", p.TaskID, p.Address, price)
}

// paid lists every submit of a view that was or may have been paid for: those
// of records, then those that only the ledger knows.
func (v *view) paid() []Paid {
	var all []Paid
	seen := knowing{}
	add := func(p Paid) {
		if !seen.has(p) {
			seen.add(p.TaskID, p.Nonce)
			all = append(all, p)
		}
	}
	for _, s := range v.sorted() {
		r := s.record
		for _, past := range r.Past {
			if past.Status == Pending { // in doubt, and settled as not charged
				continue
			}
			add(Paid{Address: r.Address, TaskID: past.TaskID, Nonce: past.Nonce, Cost: past.Cost, Priced: v.priced(past), Status: past.Status})
		}
		if r.TaskID != "" || r.Status == InDoubt || r.Status == Submitting {
			add(Paid{Address: r.Address, TaskID: r.TaskID, Nonce: r.Nonce, Cost: r.Cost, Priced: r.Priced, Status: r.Status})
		}
	}
	for _, row := range v.order {
		if s := row.spend(); s.ReleasedAt.IsZero() {
			add(Paid{Address: s.Address, TaskID: s.TaskID, Nonce: s.Nonce, Cost: s.Cost, Priced: s.Priced})
		}
	}
	return all
}

// priced tells whether the price of an earlier submit is known: its cost alone
// does not say so.
func (v *view) priced(p Past) bool {
	row := v.spends[p.Nonce]
	return p.Priced || p.Cost > 0 || row != nil && row.priced
}

// knowing holds the submits that a view knows, by task ID and by nonce.
type knowing map[string]bool

func (k knowing) add(taskID, nonce string) {
	if taskID != "" {
		k["task "+taskID] = true
	}
	if nonce != "" {
		k["nonce "+nonce] = true
	}
}

// has reports whether a submit is known. One that has a task ID is known by
// that alone: an intent without it is no way to collect the result.
func (k knowing) has(p Paid) bool {
	if p.TaskID != "" {
		return k["task "+p.TaskID]
	}
	return k["nonce "+p.Nonce]
}

// known lists every submit that a view has heard of.
func (v *view) known() knowing {
	k := knowing{}
	for _, s := range v.records {
		k.add(s.record.TaskID, s.record.Nonce)
		for _, past := range s.record.Past {
			k.add(past.TaskID, past.Nonce)
		}
	}
	for _, row := range v.order {
		k.add(row.taskID, row.nonce)
	}
	return k
}

// lostBy lists what was paid for and would not be known any more if one view
// replaced another.
func lostBy(before, after *view) []Paid {
	known := after.known()
	var lost []Paid
	for _, p := range before.paid() {
		if !known.has(p) {
			lost = append(lost, p)
		}
	}
	return lost
}
