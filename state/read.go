package state

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"apixo-batch/spec/task"
)

// Contents is a state as read at one moment.
type Contents struct {
	Header  Header
	Records []Record // by address
	Spends  []Spend  // in the order of first reservation
	// Approvals are the saved plans that were begun, Readings the balances that
	// were read, Interventions what people did to the whole, all oldest first.
	Approvals     []Approval
	Readings      []Reading
	Limits        []Limit // that runs have found, by model
	Interventions []Intervention
	Notices       []string // what the user should know, one sentence each
}

// Committed is the money that counts against a budget.
func (c *Contents) Committed() task.Cost {
	var sum task.Cost
	for _, s := range c.Spends {
		sum += s.Committed()
	}
	return sum
}

const (
	readTries = 10
	readPause = 20 * time.Millisecond
)

// Read reads the state at path without a lock and without changing anything,
// also while another process runs. It shows what that process has written so
// far; a line that it is just writing is left out. A record that is Submitting
// is just that, or in doubt if Holder says that nobody runs.
//
// If there is no state, the error is fs.ErrNotExist. Damage is a *CorruptError.
func Read(path string) (*Contents, error) {
	v, notices, err := readView(path)
	if err != nil {
		return nil, err
	}
	c := v.handOver()
	c.Notices = notices
	return c, nil
}

// readView is Read for a view, and what the user should know of it.
func readView(path string) (v *view, notices []string, err error) {
	paths := PathsFor(resolve(path))
	if err := checkPlace(paths); err != nil {
		return nil, nil, err
	}
	l, err := loadSteady(paths)
	if err != nil {
		return nil, nil, err
	}
	if !l.exists {
		return nil, nil, fmt.Errorf("there is no state %s: %w", path, fs.ErrNotExist)
	}
	notices = l.allNotices(paths)
	if _, held, err := Holder(path); l.torn > 0 && err == nil && !held {
		notices = append(notices, tornNotice(paths, l.torn))
	}
	for _, r := range l.view.namedRecords() {
		l.view.records[r.Address] = &stored{record: new(r)}
	}
	return l.view, notices, nil
}

// handOver is contents for the last use of a view, which it empties on the way: no
// record needs to be in memory twice.
func (v *view) handOver() *Contents {
	all, order := v.sorted(), v.order
	v.records, v.spends, v.order = nil, nil, nil
	c := v.contents()
	c.Records, c.Spends = make([]Record, len(all)), make([]Spend, len(order))
	for i, s := range all {
		c.Records[i], all[i] = *s.record, nil
	}
	for i, r := range order {
		c.Spends[i], order[i] = r.spend(), nil
	}
	return c
}

func (v *view) contents() *Contents {
	return &Contents{
		Header: v.header, Records: v.sortedRecords(), Spends: v.spendRows(),
		Approvals: values(v.approvals), Readings: values(v.readings), Limits: values(v.limits), Interventions: values(v.interventions),
	}
}

// loadSteady tries again when snapshot and journal do not fit each other: a
// process that ends replaces one after the other. Real damage stays.
func loadSteady(paths Paths) (*loaded, error) {
	for try := 1; ; try++ {
		l, err := load(paths)
		if !errors.Is(err, ErrCorrupt) || try == readTries {
			return l, err
		}
		time.Sleep(readPause)
	}
}
