package state

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"apixo-batch/spec/task"
)

// Entry is one line of the ledger in the journal. It says what one submit,
// named by its nonce, does to the money.
type Entry struct {
	Kind    EntryKind    `json:"kind"`
	Nonce   string       `json:"nonce"`
	Address task.Address `json:"address"`
	Model   string       `json:"model"`
	TaskID  string       `json:"task_id,omitempty"`
	Run     string       `json:"run,omitempty"`  // the apply that did it
	Plan    string       `json:"plan,omitempty"` // the saved plan that approved it, by its nonce
	Cost    task.Cost    `json:"cost_usd_micros"`
	Priced  bool         `json:"priced"`
	At      time.Time    `json:"at"`
	// Settled is set if the entry settles a doubt.
	Settled *Settlement `json:"settled,omitempty"`
}

// EntryKind is what an Entry does.
type EntryKind string

const (
	// Reserve sets money aside before a POST, in one commit with its intent.
	Reserve EntryKind = "reserve"
	// Charge follows an accepted submit: the reserved money counts as spent. If
	// it is Priced, its Cost replaces the reserved one; otherwise that stands.
	// It also takes back a Release, and stands alone if nothing was reserved.
	Charge EntryKind = "charge"
	// Release gives money back: nothing was created, or the user said that
	// nothing was charged. While a name holds it up, only what a person settles is given
	// back.
	Release EntryKind = "release"
	// Hold changes no money: a doubt was given up, and its reservation stays,
	// since it may have been charged.
	Hold EntryKind = "hold"
	// Name tells which task a webhook named for a submit that has none. Money that was
	// given back counts again. Whoever has the Store may write it at any time.
	Name EntryKind = "name"
	// Dismiss says that a name holds its submit no longer: a person settled that in
	// spite of it, or it makes room for another, since the API does not know its task.
	Dismiss EntryKind = "dismiss"
)

var entryKinds = []EntryKind{Reserve, Charge, Release, Hold, Name, Dismiss}

// Spend is the ledger's account of one submit: its entries folded into one.
type Spend struct {
	Nonce      string       `json:"nonce"`
	Address    task.Address `json:"address"`
	Model      string       `json:"model"`
	TaskID     string       `json:"task_id,omitempty"`
	Run        string       `json:"run,omitempty"`
	Plan       string       `json:"plan,omitempty"`
	Cost       task.Cost    `json:"cost_usd_micros"`
	Priced     bool         `json:"priced"`
	ReservedAt time.Time    `json:"reserved_at"`
	ChargedAt  time.Time    `json:"charged_at,omitzero"`
	ReleasedAt time.Time    `json:"released_at,omitzero"`
	Settled    *Settlement  `json:"settled,omitempty"`
	// ReleaseHeldAt is when the money was given back, while a name holds that up.
	ReleaseHeldAt time.Time `json:"release_held_at,omitzero"`
	// Named are the tasks that webhooks named for it, at most MaxNames.
	Named []Named `json:"named,omitempty"`
}

// Committed is the money that counts against a budget: all that is reserved or
// charged and was not released.
func (s Spend) Committed() task.Cost {
	if s.ReleasedAt.IsZero() {
		return s.Cost
	}
	return 0
}

// Reserved is the part of Committed of which nobody knows whether it was charged:
// that of a submit without an outcome, in doubt, or ended by a 5xx.
func (s Spend) Reserved() task.Cost {
	if s.ChargedAt.IsZero() {
		return s.Committed()
	}
	return 0
}

// checkEntry reports why an entry is impossible. known says whether its nonce
// is in the ledger.
func checkEntry(e Entry, known bool) error {
	switch {
	case !slices.Contains(entryKinds, e.Kind):
		return fmt.Errorf("ledger: %q is not a kind of entry", e.Kind)
	case e.Nonce == "":
		return errors.New("ledger entry without a nonce")
	case e.Address == task.Address{}:
		return fmt.Errorf("ledger entry of submit %s: it has no address", e.Nonce)
	case e.Cost < 0:
		return fmt.Errorf("ledger entry %s of %s: the cost %s is negative", e.Kind, e.Address, e.Cost)
	case e.Kind == Reserve && known:
		return fmt.Errorf("ledger: money of submit %s of %s is reserved already", e.Nonce, e.Address)
	case (e.Kind == Name || e.Kind == Dismiss) && e.TaskID == "":
		return fmt.Errorf("ledger entry %s of %s: it has no task", e.Kind, e.Address)
	case e.Kind != Reserve && e.Kind != Charge && !known:
		return fmt.Errorf("ledger: submit %s of %s has nothing to %s", e.Nonce, e.Address, e.Kind)
	}
	return nil
}

func (s *Spend) fold(e Entry) {
	switch e.Kind {
	case Charge:
		s.ChargedAt, s.ReleasedAt, s.ReleaseHeldAt = e.At, time.Time{}, time.Time{}
		if e.Priced {
			s.Cost, s.Priced = e.Cost, true
		}
	case Release:
		s.release(e)
	case Name, Dismiss:
		s.foldName(e)
		return // its task is not the submit's
	}
	if e.TaskID != "" {
		s.TaskID = e.TaskID
	}
	if e.Settled != nil {
		s.Settled = e.Settled
	}
}
