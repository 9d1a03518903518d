package runner

import (
	"slices"

	"apixo-batch/spec/task"
)

// standing is what a submit of this run counts as in the Summary. It counts once, as what
// is known of it last.
type standing int

const (
	uncounted standing = iota // nothing was created, as far as is known
	doubted                   // nobody knows: Reserved
	after5xx                  // After5xx
	bought                    // Accepted, and Spent
)

// counted is a submit of this run as it stands in the Summary.
type counted struct {
	nonce     string
	as        standing
	model     string
	priced    bool
	cost, low task.Cost
}

// count makes a submit of the job count as something else from now on. Those of other
// runs count for nothing in this one.
func (r *run) count(j *job, nonce string, as standing) {
	at := j.sentAt(nonce)
	if at < 0 {
		return
	}
	r.tally(func(s *Summary) {
		r.spending = true
		c := &j.sent[at]
		s.add(*c, -1)
		c.as = as
		s.add(*c, 1)
	})
}

// sentAt is the place of a submit among those of the job in this run, -1 if it is none.
func (j *job) sentAt(nonce string) int {
	return slices.IndexFunc(j.sent, func(s counted) bool { return s.nonce == nonce })
}

// add counts a submit, or, with -1, takes that back.
func (s *Summary) add(c counted, sign int) {
	cost := task.Cost(sign) * c.cost
	switch c.as {
	case doubted:
		s.Reserved += cost
	case after5xx:
		s.After5xx += cost
	case bought:
		s.Accepted += sign
		s.Spent += cost
		s.SpentLow += task.Cost(sign) * c.low
		if !c.priced {
			s.Unpriced += sign
			s.withoutPrice(c.model, sign)
		}
	}
}
