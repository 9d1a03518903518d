package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/task"
)

// move is a moved block. Without keys at both ends it moves a whole task block.
type move struct {
	from, to task.Address
	where    hcl.Range
}

func (m *move) wholeBlock() bool { return m.from.Key.IsZero() && m.to.Key.IsZero() }

// moves are the moved blocks by where they lead from.
type moves struct {
	instances map[task.Address]*move
	blocks    map[string]*move
	to        map[target]*move
	all       []*move
}

// target is where a move leads: two may share an address if only one of them moves
// a whole block.
type target struct {
	address task.Address
	whole   bool
}

func newMoves() moves {
	return moves{instances: make(map[task.Address]*move), blocks: make(map[string]*move), to: make(map[target]*move)}
}

// from is the move of an address; that of the single instance counts before that
// of its block.
func (m moves) from(a task.Address) *move {
	if found := m.instances[a]; found != nil {
		return found
	}
	return m.blocks[a.Name]
}

// Moved is where moved blocks take the record of an address, over all of them that
// lead on from each other. via are the places of the blocks; none if it stays.
func (h History) Moved(a task.Address) (to task.Address, via []hcl.Range) {
	for len(via) <= len(h.moves.all) { // there are no circles
		next := h.moves.from(a)
		if next == nil {
			break
		}
		via = append(via, next.where)
		if next.wholeBlock() {
			a.Name = next.to.Name
		} else {
			a = next.to
		}
	}
	return a, via
}

// MoveRefused is the error of a move to an address that has a record of its own.
func (h History) MoveRefused(from, to task.Address) error {
	_, via := h.Moved(from)
	return hcl.Diagnostics{failf(via[len(via)-1], "Move to an address that has a record", "The record of %s cannot move to %s, which has one of its own. Remove this block, or one of the two records with apixo-batch state rm.", from, to)}
}

func (c *configuration) setMove(s *Spec, b *historyBlock) hcl.Diagnostics {
	from, diags := addressIn(b.content.Attributes["from"])
	to, toDiags := addressIn(b.content.Attributes["to"])
	if diags = append(diags, toDiags...); diags.HasErrors() {
		return diags
	}
	m := &move{from, to, b.where}
	h := &s.History.moves
	switch {
	case from == to:
		return hcl.Diagnostics{failf(b.where, "Move to the same place", "Both ends are %s. Remove this block.", from)}
	case c.declares(from, m.wholeBlock()):
		return hcl.Diagnostics{failf(b.where, "Moved instance is declared", "%s is still declared, so its record stays there. Rename the task to %s, or remove this block.", from, to)}
	}
	same := h.instances[from]
	if m.wholeBlock() {
		same = h.blocks[from.Name]
	}
	if other := same; other != nil {
		return hcl.Diagnostics{failf(b.where, "Two moves from one place", "%s moves to %s already, at %s. Remove one of the two.", from, other.to, place(other.where))}
	}
	at := target{to, m.wholeBlock()}
	if other := h.to[at]; other != nil {
		return hcl.Diagnostics{failf(b.where, "Two moves to one place", "%s moves to %s already, at %s. Only one record can be there.", other.from, to, place(other.where))}
	}
	h.to[at] = m
	h.all = append(h.all, m)
	if m.wholeBlock() {
		h.blocks[from.Name] = m
	} else {
		h.instances[from] = m
	}
	return nil
}

// circles finds moves that lead back to where they begin. What was found to lead to
// an end is not followed again.
func (m moves) circles() hcl.Diagnostics {
	ends := make(map[task.Address]bool)
	for _, first := range m.all {
		var chain []task.Address
		place := make(map[task.Address]int) // in the chain
		at := first.from
		for next := first; next != nil && !ends[at]; next = m.from(at) {
			if begin, again := place[at]; again {
				return hcl.Diagnostics{failf(m.from(at).where, "Moves in a circle", "%s. Remove the block that is no longer true.", arrows(append(chain[begin:], at)))}
			}
			place[at] = len(chain)
			chain = append(chain, at)
			if next.wholeBlock() {
				at.Name = next.to.Name
			} else {
				at = next.to
			}
		}
		for _, address := range chain {
			ends[address] = true
		}
	}
	return nil
}

func arrows(chain []task.Address) string {
	names := make([]string, len(chain))
	for n, address := range chain {
		names[n] = address.String()
	}
	return strings.Join(names, " -> ")
}

// removal is a removed block. Without a key it stands for the whole task block.
type removal struct {
	from  task.Address
	where hcl.Range
}

// Removed reports whether a removed block names the record of an address that is
// no longer declared.
func (h History) Removed(a task.Address) bool {
	for _, r := range h.removals {
		if r.from == a || r.from.Key.IsZero() && r.from.Name == a.Name {
			return true
		}
	}
	return false
}

func (c *configuration) setRemoval(s *Spec, b *historyBlock) hcl.Diagnostics {
	from, diags := addressIn(b.content.Attributes["from"])
	if diags.HasErrors() {
		return diags
	}
	if c.declares(from, from.Key.IsZero()) {
		return hcl.Diagnostics{failf(b.where, "Removed instance is declared", "%s is still declared. Remove it from the configuration, or remove this block.", from)}
	}
	for _, other := range s.History.removals {
		if other.from == from {
			return hcl.Diagnostics{duplicate(b.where, "removal of "+from.String(), other.where)}
		}
	}
	s.History.removals = append(s.History.removals, removal{from, b.where})
	return nil
}
