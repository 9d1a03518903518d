package runner

import (
	"slices"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// movesPerCommit bounds the records of one commit, as far as swaps allow: a line
// of the journal has a largest size, and records can be long.
const movesPerCommit = 200

// move gives the records of renamed instances their new addresses.
func (r *run) move(p *plan.Plan) error {
	var batch []*plan.Action
	for _, together := range moves(p) {
		if len(batch) > 0 && len(batch)+len(together) > movesPerCommit {
			if err := r.moveAtOnce(batch); err != nil {
				return err
			}
			batch = nil
		}
		batch = append(batch, together...)
	}
	return r.moveAtOnce(batch)
}

// moves lists the moves of a plan in an order in which none is written over
// before it has moved: where one takes the address that another leaves, the
// other goes first. A ring of moves, such as a swap, has no first and stays
// together.
func moves(p *plan.Plan) (ordered [][]*plan.Action) {
	leaving := make(map[task.Address]*plan.Action) // by old address
	var all []*plan.Action
	for i := range p.Actions {
		a := &p.Actions[i]
		if from, moved := a.Moved(); moved {
			leaving[from] = a
			all = append(all, a)
		}
	}
	done := make(map[*plan.Action]bool)
	for _, a := range all {
		var chain []*plan.Action // each takes the address that the next leaves
		next := a
		for ; next != nil && !done[next]; next = leaving[next.Address] {
			done[next] = true
			chain = append(chain, next)
		}
		if len(chain) > 0 && next == a {
			ordered = append(ordered, chain)
			continue
		}
		for _, single := range slices.Backward(chain) {
			ordered = append(ordered, []*plan.Action{single})
		}
	}
	return ordered
}

func (r *run) moveAtOnce(actions []*plan.Action) error {
	if len(actions) == 0 {
		return nil
	}
	change := state.Change{Op: "move"}
	var events []Event
	for _, a := range actions {
		from, _ := a.Moved()
		record := *a.Prior
		record.Address = a.Address
		a.Prior = &record
		change.Remove = append(change.Remove, from)
		change.Put = append(change.Put, record)
		events = append(events, Event{Kind: Moved, Address: a.Address, Record: record, Detail: "was " + from.String()})
	}
	if err := r.commit(change); err != nil {
		return err
	}
	for _, e := range events {
		r.emit(e)
	}
	return nil
}
