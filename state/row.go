package state

import (
	"encoding/json"
	"time"

	"apixo-batch/spec/task"
)

// row is a line of the ledger in memory: a Spend without room for what few have. A
// state has one for each submit there ever was.
type row struct {
	nonce, taskID         string
	address               task.Address
	from                  *origin
	cost                  task.Cost
	priced                bool
	reservedAt, chargedAt time.Time
	rare                  *rare // nil if there is nothing of it
}

// origin is what many rows have in common. Those of a view share it.
type origin struct{ model, run, plan string }

// rare is what few rows have.
type rare struct {
	releasedAt, releaseHeldAt time.Time
	settled                   *Settlement
	named                     []Named
	raw                       json.RawMessage // under the rule of stored
}

// spend is what the row stands for.
func (r *row) spend() Spend {
	s := Spend{
		Nonce: r.nonce, Address: r.address, Model: r.from.model, TaskID: r.taskID, Run: r.from.run, Plan: r.from.plan,
		Cost: r.cost, Priced: r.priced, ReservedAt: r.reservedAt, ChargedAt: r.chargedAt,
	}
	if r.rare != nil {
		s.ReleasedAt, s.ReleaseHeldAt, s.Settled, s.Named = r.rare.releasedAt, r.rare.releaseHeldAt, r.rare.settled, r.rare.named
	}
	return s
}

// raw is the JSON that the row was read from, if that says more than the row.
func (r *row) raw() json.RawMessage {
	if r.rare == nil {
		return nil
	}
	return r.rare.raw
}

// set makes a row stand for a Spend, and for the JSON of it that says more, if any.
func (v *view) set(r *row, s Spend, raw json.RawMessage) {
	from := origin{s.Model, s.Run, s.Plan}
	if v.origins[from] == nil {
		v.origins[from] = &from
	}
	*r = row{
		nonce: s.Nonce, taskID: s.TaskID, address: s.Address, from: v.origins[from],
		cost: s.Cost, priced: s.Priced, reservedAt: s.ReservedAt, chargedAt: s.ChargedAt,
	}
	if !s.ReleasedAt.IsZero() || !s.ReleaseHeldAt.IsZero() || s.Settled != nil || len(s.Named) > 0 || raw != nil {
		r.rare = &rare{releasedAt: s.ReleasedAt, releaseHeldAt: s.ReleaseHeldAt, settled: s.Settled, named: s.Named, raw: raw}
	}
}

// add puts a new row at the end of the ledger.
func (v *view) add(s Spend, raw json.RawMessage) {
	r := new(row)
	v.set(r, s, raw)
	v.spends[s.Nonce] = r
	v.order = append(v.order, r)
	v.committed += s.Committed()
}
