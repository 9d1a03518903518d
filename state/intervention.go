package state

import (
	"fmt"
	"time"
)

// Intervention is what a person did to the state as a whole. It is there for
// ever, so that whoever wonders later finds it.
type Intervention struct {
	Kind InterventionKind `json:"kind"`
	By   string           `json:"by"` // user@host
	At   time.Time        `json:"at"`
	Why  string           `json:"why"` // what had happened, in a clause for people
	// Loss is set if a recovery could not read everything, or the state was
	// replaced by a document that ends before where it had been seen.
	Loss *Loss `json:"loss,omitempty"`
}

// InterventionKind is what was done.
type InterventionKind string

const (
	// Recovered: the state was put together from damaged files.
	Recovered InterventionKind = "recovered"
	// Replaced: the state was replaced by a document, see Push.
	Replaced InterventionKind = "replaced"
	// RollbackAccepted: the state was older than it had been, and was used.
	RollbackAccepted InterventionKind = "rollback_accepted"
	// LossAccepted: buying goes on, although something of the state is lost.
	LossAccepted InterventionKind = "loss_accepted"
)

// Loss is what a state lacks of itself: what a recovery could not read, or what an
// older document ends before. Whatever was submitted in it, for an
// instance that no readable part names, is not known.
type Loss struct {
	Gaps []Gap `json:"gaps"`
	// Tasks are IDs that are known from there and that no record has.
	Tasks []string `json:"tasks,omitempty"`
}

// newIntervention is one of now, by who runs this process.
func newIntervention(kind InterventionKind, why string) *Intervention {
	who, host := Who()
	return &Intervention{Kind: kind, By: who + "@" + host, At: time.Now().UTC(), Why: why}
}

// openLosses are what was done with a loss that nobody has accepted since.
func openLosses(all []Intervention) []Intervention {
	var open []Intervention
	for _, i := range all {
		switch {
		case i.Kind == LossAccepted:
			open = nil
		case i.Loss != nil:
			open = append(open, i)
		}
	}
	return open
}

func lossNotice(i Intervention) string {
	if i.Kind == Replaced {
		return fmt.Sprintf("this state was replaced on %s by %s by an older one, which lacks %s: an instance that seems new may be paid for",
			i.At.Local().Format(time.DateTime), i.By, gapsText(i.Loss.Gaps))
	}
	return fmt.Sprintf("this state was recovered on %s by %s from damaged files, which lack %s: what was submitted in it is not known, and an instance that seems new may be paid for",
		i.At.Local().Format(time.DateTime), i.By, gapsText(i.Loss.Gaps))
}

func (v *view) lossNotices() []string {
	var notices []string
	for _, i := range openLosses(values(v.interventions)) {
		notices = append(notices, lossNotice(i))
	}
	return notices
}

// Interventions are what people did to the state as a whole, oldest first. The
// slice is the caller's.
func (s *Store) Interventions() []Intervention {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return values(s.view.interventions)
}

// OpenLosses are the recoveries that could not read everything, and the
// replacements by an older document, whose loss nobody has accepted yet. While there is one, nothing should be bought for an
// instance that seems new or changed: it may have been bought in the lost part.
func (s *Store) OpenLosses() []Intervention { return openLosses(s.Interventions()) }

// AcceptLosses records that a person goes on in spite of them.
func (s *Store) AcceptLosses() error {
	open := s.OpenLosses()
	if len(open) == 0 {
		return nil
	}
	why := "what the state lacks was accepted"
	return s.Commit(Change{Op: "accept-loss", Intervene: newIntervention(LossAccepted, why)})
}
