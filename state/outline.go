package state

import "apixo-batch/spec/task"

// Outline is what a plan needs to know of a state: its records, and of the ledger no
// more than sums. The records are those of the state itself or of whoever else has
// them, and not to be changed.
type Outline struct {
	Header  Header
	Records []*Record // by address
	// Committed is the money that counts against a budget, and Reserved the part of it
	// of which nobody knows whether it was charged.
	Committed, Reserved task.Cost
	Notices             []string // what the user should know, one sentence each
}

// ReadOutline is Read for those who need no more than an Outline.
func ReadOutline(path string) (*Outline, error) {
	v, notices, err := readView(path)
	if err != nil {
		return nil, err
	}
	o := v.outline()
	o.Notices = notices
	return o, nil
}

// Outline is what a plan needs to know of the state, as of the last commit, without
// Notices.
func (s *Store) Outline() *Outline {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.view.outline()
}

func (v *view) outline() *Outline {
	o := &Outline{Header: v.header, Records: make([]*Record, 0, len(v.records)), Committed: v.committed}
	for _, s := range v.sorted() {
		o.Records = append(o.Records, s.record)
	}
	for _, r := range v.order {
		o.Reserved += r.spend().Reserved()
	}
	return o
}

// Outline is what a plan needs to know of the state.
func (c *Contents) Outline() *Outline {
	o := &Outline{Header: c.Header, Records: make([]*Record, len(c.Records)), Committed: c.Committed(), Notices: c.Notices}
	for i := range c.Records {
		o.Records[i] = &c.Records[i]
	}
	for _, s := range c.Spends {
		o.Reserved += s.Reserved()
	}
	return o
}
