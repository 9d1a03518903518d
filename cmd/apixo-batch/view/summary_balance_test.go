package view

import (
	"encoding/json"
	"strings"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
)

func TestTheLedgerIsClosedAgainstTheBalance(t *testing.T) {
	const proof = "evidence, not proof"
	for _, test := range []struct {
		name            string
		before, after   task.Cost
		spent, reserved task.Cost
		unpriced        map[string]int
		want            []string
		without         string
		asExpected      bool
	}{
		{
			name: "as expected", before: 1000 * cent, after: 994 * cent, spent: 6 * cent,
			want: []string{"Balance: $10.00 -> $9.94, $0.06 less, as expected."}, without: proof, asExpected: true,
		},
		{
			name: "within the range of the doubts", before: 1000 * cent, after: 991 * cent, spent: 6 * cent, reserved: 6 * cent,
			want: []string{"$0.09 less; expected was $0.06-$0.12."}, without: proof, asExpected: true,
		},
		{
			name: "more than expected", before: 1000 * cent, after: 950 * cent, spent: 6 * cent,
			want: []string{"$0.50 less; expected was $0.06.", proof},
		},
		{
			name: "less than expected", before: 1000 * cent, after: 997 * cent, spent: 6 * cent,
			want: []string{"$0.03 less; expected was $0.06.", proof},
		},
		{
			name: "topped up meanwhile", before: 900 * cent, after: 1000 * cent, spent: 6 * cent,
			want: []string{"$9.00 -> $10.00, $1.00 more; expected was $0.06.", proof},
		},
		{
			name: "without prices", before: 1000 * cent, after: 952 * cent, spent: 6 * cent, unpriced: map[string]int{"kling-2-6": 3},
			want:    []string{"$0.48 less; at least $0.06 was expected. The other $0.42 is what 3 tasks of kling-2-6 without a price cost"},
			without: proof, asExpected: true,
		},
		{
			name: "only without prices", before: 1000 * cent, after: 958 * cent, unpriced: map[string]int{"kling-2-6": 1, "a\x1bb": 2},
			want: []string{`$0.42 less. That is what 2 tasks of a\x1bb and 1 task of kling-2-6 without a price cost, if nobody else`}, without: proof, asExpected: true,
		},
		{
			name: "less than what has a price", before: 1000 * cent, after: 997 * cent, spent: 6 * cent, unpriced: map[string]int{"kling-2-6": 3},
			want: []string{"$0.03 less; at least $0.06 was expected.", proof},
		},
	} {
		s := Summary{Operation: "apply", Summary: runner.Summary{
			Accepted: 2, Spent: test.spent, SpentLow: test.spent, Reserved: test.reserved, WithoutPrice: test.unpriced,
		}}
		for _, n := range test.unpriced {
			s.Unpriced += n
		}
		s.Balance.Before, s.Balance.After = &test.before, &test.after
		text := summaryText(s)
		fits(t, text)
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range test.want {
			if !strings.Contains(flat, want) {
				t.Errorf("%s: want %q in\n%s", test.name, want, text)
			}
		}
		if test.without != "" && strings.Contains(flat, test.without) {
			t.Errorf("%s: %q in\n%s", test.name, test.without, text)
		}
		if got := newBalanceChange(s).AsExpected; got == nil || *got != test.asExpected {
			t.Errorf("%s: as_expected is %v", test.name, got)
		}
	}
}

func TestABalanceThatWasNotReadIsNull(t *testing.T) {
	before := 10 * task.USD
	s := sampleSummary()
	s.Balance.Before, s.Balance.After = &before, nil
	out := written(t, func(j *JSON) { j.Summary(s) })
	var line struct {
		Balance map[string]any
	}
	for text := range strings.Lines(out.String()) {
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
	}
	if b := line.Balance; b["before"] != "10.00" || b["after"] != nil || b["charged"] != nil {
		t.Errorf("balance: %v", b)
	}
	if text := summaryText(s); strings.Contains(text, "Balance:") {
		t.Errorf("a balance that is half known is shown:\n%s", text)
	}
}
