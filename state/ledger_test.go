package state

import (
	"testing"
	"time"

	"apixo-batch/spec/task"
)

func TestOnlyWhatIsNeitherChargedNorReleasedIsReserved(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		spend               Spend
		committed, reserved task.Cost
	}{
		"in doubt": {Spend{Cost: 5}, 5, 5},
		"charged":  {Spend{Cost: 5, ChargedAt: at}, 5, 0},
		"released": {Spend{Cost: 5, ReleasedAt: at}, 0, 0},
	} {
		if c, r := test.spend.Committed(), test.spend.Reserved(); c != test.committed || r != test.reserved {
			t.Errorf("%s: %s committed, %s reserved", name, c, r)
		}
	}
}
