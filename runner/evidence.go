package runner

import (
	"fmt"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Evidence is what the key's balance says about the submits in doubt. It proves
// nothing: the key may have other users, the prices may be wrong, and neither
// when a task is charged nor whether a failed one is charged is documented.
type Evidence struct {
	// Doubts are the submits of which nobody knows whether they were charged,
	// and Price what all of them cost; Unpriced counts those without a price.
	Doubts   int
	GivenUp  int // of the Doubts, those that another submit has followed
	Price    task.Cost
	Unpriced int
	// From is the last balance that was read before the first of them was sent,
	// and To the one that it is held against; nil if there is none.
	From, To *state.Reading
	// Known is what is known to have been charged in between, at least and at
	// most: the difference is what failed.
	KnownLow, KnownHigh task.Cost
	// Conclusion says in one clause what all that comes to.
	Conclusion string

	each     task.Cost // the price of every doubt if they have one price, else 0
	unpriced int       // charges in between without a price
}

// Fell is how far the balance fell; it is negative if it rose.
func (e *Evidence) Fell() task.Cost { return e.From.Balance - e.To.Balance }

// Unexplained is how far the balance fell beyond what is known to have been
// charged, at least and at most.
func (e *Evidence) Unexplained() (low, high task.Cost) {
	return e.Fell() - e.KnownHigh, e.Fell() - e.KnownLow
}

// WeighBalance holds the readings of the balance, oldest first, the last being
// the one to go by, against what a state knows was charged in between. It
// returns nil if nothing is in doubt.
func WeighBalance(readings []state.Reading, spends []state.Spend, records []state.Record) *Evidence {
	became := outcomes(records)
	var doubts []state.Spend
	for _, s := range spends {
		if unsettled(s) && isDoubt(became[s.Nonce]) {
			doubts = append(doubts, s)
		}
	}
	if len(doubts) == 0 {
		return nil
	}
	waiting := make(map[string]bool) // the submits in doubt that nothing has followed
	for _, r := range InDoubt(records, true) {
		waiting[r.Nonce] = true
	}
	e := &Evidence{Doubts: len(doubts), each: doubts[0].Cost}
	first, last := doubts[0].ReservedAt, doubts[0].ReservedAt
	for _, s := range doubts {
		e.Price += s.Cost
		if !waiting[s.Nonce] {
			e.GivenUp++
		}
		if !s.Priced {
			e.Unpriced++
		}
		if s.Cost != e.each {
			e.each = 0
		}
		if s.ReservedAt.Before(first) {
			first = s.ReservedAt
		}
		if s.ReservedAt.After(last) {
			last = s.ReservedAt
		}
	}
	e.span(readings, first, last)
	if e.From != nil && e.To != nil {
		e.addCharges(spends, became)
	}
	e.Conclusion = e.conclude()
	return e
}

// InDoubt selects the records whose submit is in doubt: also those that are still
// being submitted, if nobody runs who could hear the answer.
func InDoubt(records []state.Record, abandoned bool) []state.Record {
	var found []state.Record
	for _, r := range records {
		if r.Status == state.InDoubt || abandoned && r.Status == state.Submitting {
			found = append(found, r)
		}
	}
	return found
}

// outcomes tells what became of each submit, by its nonce.
func outcomes(records []state.Record) map[string]state.Status {
	became := make(map[string]state.Status)
	for _, r := range records {
		became[r.Nonce] = r.Status
		for _, past := range r.Past {
			became[past.Nonce] = past.Status // of one that stands in both, the past says what it was
		}
	}
	delete(became, "")
	return became
}

// unsettled: the money is reserved, and neither charged nor given back.
func unsettled(s state.Spend) bool { return s.ChargedAt.IsZero() && s.ReleasedAt.IsZero() }

func isDoubt(s state.Status) bool { return s == state.InDoubt || s == state.Submitting }

// span finds the readings before the first doubt and after the last.
func (e *Evidence) span(readings []state.Reading, first, last time.Time) {
	for i := range readings {
		if !readings[i].At.After(first) {
			e.From = &readings[i]
		}
	}
	if n := len(readings); n > 0 && readings[n-1].At.After(last) {
		e.To = &readings[n-1]
	}
}

// addCharges sums up what else the balance fell by between the two readings. A
// submit that ended in a 5xx may have been charged as well as one that failed.
func (e *Evidence) addCharges(spends []state.Spend, became map[string]state.Status) {
	between := func(at time.Time) bool { return at.After(e.From.At) && !at.After(e.To.At) }
	for _, s := range spends {
		status := became[s.Nonce]
		charged := !s.ChargedAt.IsZero() && s.ReleasedAt.IsZero() && between(s.ChargedAt)
		perhaps := unsettled(s) && !isDoubt(status) && between(s.ReservedAt)
		switch {
		case !charged && !perhaps:
			continue
		case !s.Priced:
			e.unpriced++
		case charged && status != state.Failed:
			e.KnownLow += s.Cost
		}
		e.KnownHigh += s.Cost
	}
}

func (e *Evidence) conclude() string {
	if e.From == nil {
		return "proves nothing: no balance was read before the first of them was sent"
	}
	if e.To == nil {
		return "proves nothing yet: no balance was read since"
	}
	low, high := e.Unexplained()
	switch {
	case e.Fell() < 0:
		return fmt.Sprintf("proves nothing: the balance rose by %s", -e.Fell())
	case e.Unpriced+e.unpriced > 0:
		return fmt.Sprintf("proves nothing: %d of the submits since then have no known price", e.Unpriced+e.unpriced)
	case high < 0:
		return "proves nothing: the balance fell by less than what is known to have been charged"
	case low > e.Price:
		return "proves nothing: the balance fell by more than all this explains. The key has other users, or something was charged that was settled as not charged"
	case e.each > 0:
		return e.count(low, high)
	}
	none, all := low <= 0, high >= e.Price
	switch {
	case none && all:
		return "proves nothing: it is consistent with none and with all of them having been charged"
	case none:
		return e.none()
	case all:
		return e.all()
	default:
		return fmt.Sprintf("is consistent with some of the %d having been charged, and their prices differ", e.Doubts)
	}
}

// count says how many doubts of one price explain what is unexplained.
func (e *Evidence) count(low, high task.Cost) string {
	least := max(0, (low+e.each-1)/e.each)
	if low <= 0 {
		least = 0
	}
	most := min(task.Cost(e.Doubts), high/e.each)
	all := task.Cost(e.Doubts)
	switch {
	case least > most:
		return fmt.Sprintf("proves nothing: what is unexplained is no multiple of %s, the price of each", e.each)
	case least == 0 && most == all:
		return "proves nothing: it is consistent with none and with all of them having been charged"
	case least != most:
		return fmt.Sprintf("is consistent with %d to %d of the %d having been charged (all have one price)", least, most, e.Doubts)
	case most == 0:
		return e.none()
	case least == all:
		return e.all()
	default:
		return fmt.Sprintf("is consistent with %d of the %d having been charged (all have one price)", most, e.Doubts)
	}
}

func (e *Evidence) none() string {
	if e.Doubts == 1 {
		return "is consistent with it not having been charged"
	}
	return fmt.Sprintf("is consistent with none of the %d having been charged", e.Doubts)
}

func (e *Evidence) all() string {
	if e.Doubts == 1 {
		return "is consistent with it having been charged"
	}
	if e.Doubts == 2 {
		return "is consistent with both having been charged"
	}
	return fmt.Sprintf("is consistent with all %d having been charged", e.Doubts)
}
