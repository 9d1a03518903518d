package runner_test

import (
	"strings"
	"testing"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const cent = task.USD / 100

// books writes down readings, submits and what became of them, a minute apart.
type books struct {
	at       time.Time
	readings []state.Reading
	spends   []state.Spend
	records  []state.Record
}

func (b *books) tick() time.Time {
	if b.at.IsZero() {
		b.at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	}
	b.at = b.at.Add(time.Minute)
	return b.at
}

func (b *books) balance(left task.Cost) {
	b.readings = append(b.readings, state.Reading{At: b.tick(), Balance: left})
}

// submit is one submit at a price, below 0 for one that nobody knows.
func (b *books) submit(price task.Cost, became state.Status) {
	at, nonce := b.tick(), "n"+time.Duration(len(b.spends)).String()
	s := state.Spend{Nonce: nonce, Cost: max(0, price), Priced: price >= 0, ReservedAt: at}
	if became != state.InDoubt && became != state.Pending {
		s.ChargedAt = at
	}
	b.spends = append(b.spends, s)
	b.records = append(b.records, state.Record{Nonce: nonce, Status: became})
}

func TestEvidenceSaysWhatTheBalanceIsConsistentWith(t *testing.T) {
	for _, test := range []struct {
		name string
		play func(*books)
		want string
	}{
		{"none of three", func(b *books) {
			b.balance(10 * task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.Succeeded)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.InDoubt)
			b.balance(10*task.USD - 3*cent)
		}, "is consistent with none of the 3 having been charged"},
		{"both", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD - 6*cent)
		}, "is consistent with both having been charged"},
		{"all of three", func(b *books) {
			b.balance(task.USD)
			for range 3 {
				b.submit(3*cent, state.InDoubt)
			}
			b.balance(task.USD - 9*cent)
		}, "is consistent with all 3 having been charged"},
		{"two of three", func(b *books) {
			b.balance(task.USD)
			for range 3 {
				b.submit(3*cent, state.InDoubt)
			}
			b.submit(5*cent, state.Running)
			b.balance(task.USD - 11*cent)
		}, "is consistent with 2 of the 3 having been charged (all have one price)"},
		{"one, charged", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD - 3*cent)
		}, "is consistent with it having been charged"},
		{"a failed task may have been charged or not", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.Failed)
			b.balance(task.USD - 3*cent)
		}, "is consistent with 0 to 1 of the 2 having been charged (all have one price)"},
		{"one doubt and one failure, one charge", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.Failed)
			b.balance(task.USD - 3*cent)
		}, "proves nothing: it is consistent with none and with all of them having been charged"},
		{"different prices, none", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(8*cent, state.InDoubt)
			b.balance(task.USD)
		}, "is consistent with none of the 2 having been charged"},
		{"different prices, one", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(8*cent, state.InDoubt)
			b.balance(task.USD - 8*cent)
		}, "is consistent with some of the 2 having been charged, and their prices differ"},
		{"what was read before the last reading before the doubt is out of it", func(b *books) {
			b.balance(5 * task.USD)
			b.submit(3*cent, state.Succeeded)
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD)
		}, "is consistent with it not having been charged"},
		{"topped up", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.balance(2 * task.USD)
		}, "proves nothing: the balance rose by $1.00"},
		{"other users", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD - 50*cent)
		}, "proves nothing: the balance fell by more than all this explains. The key has other users, or something was charged that was settled as not charged"},
		{"charged less than was known", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(8*cent, state.Succeeded)
			b.balance(task.USD - 3*cent)
		}, "proves nothing: the balance fell by less than what is known to have been charged"},
		{"no multiple", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD - 4*cent)
		}, "proves nothing: what is unexplained is no multiple of $0.03, the price of each"},
		{"unpriced doubt", func(b *books) {
			b.balance(task.USD)
			b.submit(-1, state.InDoubt)
			b.balance(task.USD - 4*cent)
		}, "proves nothing: 1 of the submits since then have no known price"},
		{"unpriced neighbour", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
			b.submit(-1, state.Succeeded)
			b.balance(task.USD - 4*cent)
		}, "proves nothing: 1 of the submits since then have no known price"},
		{"never read before", func(b *books) {
			b.submit(3*cent, state.InDoubt)
			b.balance(task.USD)
		}, "proves nothing: no balance was read before the first of them was sent"},
		{"not read since", func(b *books) {
			b.balance(task.USD)
			b.submit(3*cent, state.InDoubt)
		}, "proves nothing yet: no balance was read since"},
	} {
		var b books
		test.play(&b)
		e := runner.WeighBalance(b.readings, b.spends, b.records)
		if e == nil || e.Conclusion != test.want {
			t.Errorf("%s: got %+v, want %q", test.name, e, test.want)
		}
	}
}

func TestDoubtThatWasGivenUpIsStillEvidence(t *testing.T) {
	var b books
	b.balance(task.USD)
	b.submit(3*cent, state.InDoubt)
	b.submit(3*cent, state.Succeeded)
	// The first was given up for the second, by the same instance.
	b.records = []state.Record{{Nonce: b.spends[1].Nonce, Status: state.Succeeded, Past: []state.Past{{Nonce: b.spends[0].Nonce, Status: state.InDoubt}}}}
	b.balance(task.USD - 6*cent)
	if e := runner.WeighBalance(b.readings, b.spends, b.records); e == nil || e.Doubts != 1 || !strings.Contains(e.Conclusion, "with it having been charged") {
		t.Errorf("got %+v", e)
	}
	b.spends[0].ReleasedAt = b.at
	if e := runner.WeighBalance(b.readings, b.spends, b.records); e != nil {
		t.Errorf("after it was settled: %+v", e)
	}
}
