package plan

import (
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// slot is one instance, what is known of its request, and the record it goes
// on from.
type slot struct {
	instance *spec.Instance
	eval     *spec.Evaluation
	print    task.Fingerprint // set once the request is known
	record   *state.Record
	same     bool  // the record is of the same request, not only the same address
	err      error // why the request cannot be evaluated, where that is no matter
	// triggered: the record is of the same request, and older than a result that
	// replace_triggered_by names.
	triggered bool
	restored  bool // the record is as it will be: with an earlier result as its own
}

// matching finds the record of each instance; see the package's documentation.
type matching struct {
	*settings
	spec      *spec.Spec
	slots     []slot
	index     map[task.Address]int                 // of slots
	records   map[task.Address]*state.Record       // as moved blocks have them
	moved     map[*state.Record]*state.Record      // those that moved, as the state has them
	refused   []error                              // moves that cannot be
	digests   map[listID]string                    // of triggers
	prints    map[task.Fingerprint][]*state.Record // in address order; nil before they are needed
	claimed   map[*state.Record]bool
	homes     map[task.Address]task.Address // of records that were unclaimed before pass 3
	replacing func(task.Address) bool
	lenient   bool // what cannot be evaluated is not known, and no error
}

func newMatching(s *spec.Spec, records []*state.Record, opts Options) *matching {
	m := &matching{
		settings: &settings{catalog: s.Catalog, models: s.Models, mask: opts.Mask, prefix: opts.OutputPrefix},
		spec:     s, replacing: opts.Replace,
		lenient: opts.Resume || opts.Download,
		slots:   make([]slot, len(s.Instances)),
		index:   make(map[task.Address]int, len(s.Instances)),
		records: make(map[task.Address]*state.Record, len(records)),
		claimed: make(map[*state.Record]bool, len(records)),
		moved:   make(map[*state.Record]*state.Record),
		digests: make(map[listID]string),
	}
	for i, instance := range s.Instances {
		m.slots[i].instance = instance
		m.index[instance.Address] = i
	}
	m.place(records)
	return m
}

// place puts every record where moved blocks take it. One whose place another has
// stays where it is: nothing moves to where a move begins.
func (m *matching) place(records []*state.Record) {
	var moving []*state.Record
	for _, r := range records {
		if _, via := m.spec.History.Moved(r.Address); len(via) > 0 {
			moving = append(moving, r)
			continue
		}
		m.put(r, r)
	}
	for _, stored := range moving {
		to, _ := m.spec.History.Moved(stored.Address)
		if m.records[to] != nil {
			m.refused = append(m.refused, m.spec.History.MoveRefused(stored.Address, to))
			m.put(stored, stored)
			continue
		}
		r := new(*stored)
		r.Address = to
		m.put(r, stored)
	}
}

func (m *matching) put(r, stored *state.Record) {
	if r != stored {
		m.moved[r] = stored
	}
	m.records[r.Address] = r
}

// storedOf is a record as the state has it; nil of none.
func (m *matching) storedOf(r *state.Record) *state.Record {
	if stored, moved := m.moved[r]; moved {
		return stored
	}
	return r
}

func (m *matching) run() error {
	for progress := true; progress; {
		byAddress, err := m.evaluate()
		if err != nil {
			return err
		}
		progress = m.matchPrints(false) || byAddress || m.matchIgnoring() || m.matchEarlier() || m.matchEarlierElsewhere()
	}
	// What is still free of a record may now take one whose own address is
	// declared: that instance's request cannot become known any more.
	for m.matchPrints(true) {
		if _, err := m.evaluate(); err != nil {
			return err
		}
	}
	m.matchAddresses()
	return nil
}

// evaluate makes known what it can, dependencies first, and carries out pass 1
// on the way, since a match may make the next request known.
func (m *matching) evaluate() (progress bool, err error) {
	for i := range m.slots {
		s := &m.slots[i]
		if s.print != "" {
			continue
		}
		s.eval, s.err = s.instance.Evaluate(m.outcome, m.mask)
		if s.err != nil && !m.lenient {
			return false, s.err
		}
		if s.err != nil || !s.eval.Known {
			continue
		}
		progress = true
		s.print = s.eval.Request.Fingerprint()
		if r := m.records[s.instance.Address]; r != nil && r.Fingerprint == s.print && !m.claimed[r] {
			m.claim(s, r, true)
		}
	}
	return progress, nil
}

// matchPrints is pass 2. Unless relaxed it leaves alone a record whose own
// address is declared by an instance with a request that is not known yet.
func (m *matching) matchPrints(relaxed bool) (progress bool) {
	if len(m.claimed) == len(m.records) {
		return false // as most often: nothing was renamed
	}
	if m.prints == nil {
		m.prints = recordsByPrint(m.records)
	}
	var free []*slot
	for i := range m.slots {
		if s := &m.slots[i]; s.print != "" && s.record == nil && len(m.prints[s.print]) > 0 {
			free = append(free, s)
		}
	}
	slices.SortFunc(free, func(a, b *slot) int { return a.instance.Address.Compare(b.instance.Address) })
	for _, s := range free {
		for _, r := range m.prints[s.print] {
			if m.claimed[r] || !relaxed && m.undecided(r.Address) {
				continue
			}
			m.claim(s, r, true)
			progress = true
			break
		}
	}
	return progress
}

func recordsByPrint(records map[task.Address]*state.Record) map[task.Fingerprint][]*state.Record {
	prints := make(map[task.Fingerprint][]*state.Record, len(records))
	for _, r := range records {
		prints[r.Fingerprint] = append(prints[r.Fingerprint], r)
	}
	for _, same := range prints {
		slices.SortFunc(same, func(a, b *state.Record) int { return a.Address.Compare(b.Address) })
	}
	return prints
}

// matchIgnoring matches a record with the instance of its address where they
// differ in nothing but what lifecycle.ignore_changes names. It comes after the
// passes over equal requests: what somebody asks for as it was bought is his. Only
// what has a result, or runs, is worth keeping.
func (m *matching) matchIgnoring() (progress bool) {
	for i := range m.slots {
		s := &m.slots[i]
		r := m.records[s.instance.Address]
		if s.print == "" || s.record != nil || r == nil || m.claimed[r] || !holdsResult(r) {
			continue
		}
		if s.instance.Lifecycle.Ignores(r.Request, s.eval.Request) {
			m.claim(s, r, true)
			progress = true
		}
	}
	return progress
}

// holdsResult reports whether a record has a result, or a task that may give one.
func holdsResult(r *state.Record) bool {
	return r.Status == state.Succeeded || r.Status == state.Running
}

func (m *matching) undecided(a task.Address) bool {
	i, declared := m.index[a]
	return declared && m.slots[i].print == ""
}

// matchAddresses is pass 3. A displaced record counts as being where it goes.
func (m *matching) matchAddresses() {
	m.homes = make(map[task.Address]task.Address)
	at := make(map[task.Address]*state.Record)
	for address, r := range m.records {
		if !m.claimed[r] {
			home := m.home(address)
			m.homes[address], at[home] = home, r
		}
	}
	for i := range m.slots {
		s := &m.slots[i]
		if r := at[s.instance.Address]; s.record == nil && r != nil {
			m.claim(s, r, m.keepsIgnoring(s, r))
		}
	}
}

// keepsIgnoring reports whether a record's result is kept although the request has
// changed. What is not known of the request is no matter where it is to be ignored.
func (m *matching) keepsIgnoring(s *slot, r *state.Record) bool {
	lifecycle := s.instance.Lifecycle
	switch {
	case s.err != nil || !holdsResult(r):
		return false
	case s.print != "":
		return lifecycle.Ignores(r.Request, s.eval.Request)
	}
	if s.eval, s.err = s.instance.Evaluate(m.outcome, m.mask); s.err != nil {
		return false
	}
	if s.eval.Known { // through a result that an earlier one of this pass keeps
		s.print = s.eval.Request.Fingerprint()
		return r.Fingerprint == s.print || lifecycle.Ignores(r.Request, s.eval.Request)
	}
	return r.Status == state.Succeeded && r.Complete() && len(lifecycle.Triggers) == 0 &&
		lifecycle.Ignores(r.Request, task.Request{Model: s.instance.Model, Input: s.eval.Draft})
}

// home is the address of an unclaimed record once every claimed one has moved:
// its own, or that which the chain of newcomers leaves free.
func (m *matching) home(a task.Address) task.Address {
	for {
		i, declared := m.index[a]
		if !declared || m.slots[i].record == nil {
			return a
		}
		a = m.slots[i].record.Address
	}
}

func (m *matching) claim(s *slot, r *state.Record, same bool) {
	s.record, s.same = r, same
	m.claimed[r] = true
	s.triggered = same && m.outdated(s)
	if same && (s.triggered || r.Status == state.Pending) {
		m.restore(s, r)
	}
}

// outcome is what a dependent may see of an instance: nothing, unless it
// succeeded with the very request that is declared now.
func (m *matching) outcome(a task.Address) (task.Outcome, bool) {
	i, declared := m.index[a]
	if !declared {
		return task.Outcome{}, false
	}
	s := &m.slots[i]
	if s.record == nil || !s.same || s.triggered || m.replacing != nil && m.replacing(a) {
		return task.Outcome{}, false
	}
	return s.record.Outcome()
}

// left lists the records that no instance claims.
func (m *matching) left() []*state.Record {
	var left []*state.Record
	for _, r := range m.records {
		if !m.claimed[r] {
			left = append(left, r)
		}
	}
	return left
}
