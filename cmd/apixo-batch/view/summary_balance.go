package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"apixo-batch/spec/task"
)

// The ledger of a run is closed against the balance: what the API took off the
// key, beside what its submits should have cost.

// notProof is why a difference between the two settles nothing by itself.
const notProof = "That is evidence, not proof: it also shows other users of the key, and refunds of failed tasks, which are not documented."

// balance says how the balance moved, and whether that was expected.
func (w summaryWriter) balance() {
	fell, known := w.sum.Charged()
	if !known {
		return
	}
	low, high := w.sum.Expected()
	proof := " " + notProof
	if w.sum.Evidence != nil {
		proof = "" // it follows, with the doubts
	}
	text := fmt.Sprintf("Balance: %s -> %s, %s", w.sum.Balance.Before, w.sum.Balance.After, lessOrMore(fell))
	switch unpriced := w.sum.Unpriced > 0; {
	case unpriced && high == 0 && fell >= 0:
		text += fmt.Sprintf(". That is what %s cost, if nobody else used the key.", w.unpricedTasks())
	case unpriced && fell >= low:
		text += fmt.Sprintf("; at least %s was expected. The other %s is what %s cost, if nobody else used the key.",
			low, span(max(0, fell-high), fell-low), w.unpricedTasks())
	case unpriced:
		text += fmt.Sprintf("; at least %s was expected.%s", low, proof)
	case fell < low || fell > high:
		text += fmt.Sprintf("; expected was %s.%s", span(low, high), proof)
	case low < high:
		text += fmt.Sprintf("; expected was %s.", span(low, high))
	default:
		text += ", as expected."
	}
	w.paragraph(text)
}

// lessOrMore says by how much the balance fell, or rose.
func lessOrMore(fell task.Cost) string {
	if fell < 0 {
		return (-fell).String() + " more"
	}
	return fell.String() + " less"
}

// unpricedTasks names what was accepted without a price: "3 tasks of kling-2-6".
func (w summaryWriter) unpricedTasks() string {
	var parts []string
	for _, model := range slices.Sorted(maps.Keys(w.sum.WithoutPrice)) {
		parts = append(parts, fmt.Sprintf("%s of %s", count(w.sum.WithoutPrice[model], "task"), Clean(model)))
	}
	return strings.Join(parts, " and ") + " without a price"
}

// newBalanceChange is the same for programs. What could not be read is null.
func newBalanceChange(s Summary) balanceChange {
	low, high := s.Expected()
	change := balanceChange{
		Before: amountOrNull(s.Balance.Before), After: amountOrNull(s.Balance.After),
		Expected: expectedSpan{amount(low), amount(high), s.WithoutPrice},
	}
	if fell, known := s.Charged(); known {
		change.Charged = new(amount(fell))
		change.AsExpected = new(fell >= low && (fell <= high || s.Unpriced > 0))
	}
	return change
}
