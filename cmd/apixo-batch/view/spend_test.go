package view

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// sampleSpends has a submit of every fate, by three models in two runs around
// midnight in Berlin, one of them with names that obey nobody.
func sampleSpends() []state.Spend {
	at := time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC)
	spend := func(n int, a task.Address, model string, cost task.Cost) state.Spend {
		return state.Spend{
			Nonce: string(rune('a' + n)), Address: a, Model: model, Run: "20261122T223000.000Z",
			Cost: cost, Priced: true, ReservedAt: at.Add(time.Duration(n) * 20 * time.Minute),
		}
	}
	charged := spend(0, address("hero", "cat"), "nano-banana", 3*cent)
	charged.ChargedAt = charged.ReservedAt
	doubt := spend(1, address("hero", "fox"), "nano-banana", 3*cent)
	released := spend(2, address("hero", "owl"), "nano-banana", 3*cent)
	released.ReleasedAt = released.ReservedAt
	refunded := spend(3, address("clip", ""), "veo-3-1", 120*cent)
	refunded.ChargedAt, refunded.ReleasedAt = refunded.ReservedAt, at.Add(time.Hour)
	unpriced := spend(4, address("clip", ""), "=cmd|'/c calc'!A1\x1b]0;x\a", 0)
	unpriced.Priced, unpriced.ChargedAt, unpriced.Run = false, unpriced.ReservedAt, "20261123T000000.000Z"
	byHand := spend(5, address("hero", "cat"), "veo-3-1", 1_234_567)
	byHand.ChargedAt, byHand.Run = byHand.ReservedAt, ""
	return []state.Spend{charged, doubt, released, refunded, unpriced, byHand}
}

func sampleSpending(by string) Spending {
	berlin := time.FixedZone("CET", 3600)
	return Spending{Target: Target{Path: "jobs.hcl"}, Path: "jobs.state.json", Spends: sampleSpends(), By: by, Now: noon.In(berlin)}
}

func TestSpendingForPeople(t *testing.T) {
	for _, by := range Groupings {
		var b bytes.Buffer
		WriteSpending(&b, plain, sampleSpending(by))
		golden(t, "spend-"+by+".txt", b.String())
		if strings.ContainsAny(b.String(), "\x1b\a") {
			t.Errorf("by %s: what a terminal obeys is shown:\n%q", by, b.String())
		}
	}
	var b bytes.Buffer
	WriteSpending(&b, plain, Spending{Path: "jobs.state.json", By: "task", Target: Target{Simulated: true}})
	if got := b.String(); got != "Ledger of jobs.state.json  (SIMULATED)\nNothing was submitted yet.\n" {
		t.Errorf("an empty ledger: %q", got)
	}
}

// However it is sliced, it is the same money.
func TestEveryGroupingComesToTheSameTotal(t *testing.T) {
	var committed task.Cost
	for _, s := range sampleSpends() {
		committed += s.Committed()
	}
	for _, by := range Groupings {
		rows, total := sampleSpending(by).rows()
		var sum sums
		for _, row := range rows {
			sum.submits += row.submits
			sum.charged += row.charged
			sum.reserved += row.reserved
			sum.released += row.released
			sum.unpriced += row.unpriced
		}
		if sum != total {
			t.Errorf("by %s the rows come to %+v, the total is %+v", by, sum, total)
		}
		if total.total() != committed {
			t.Errorf("by %s the total is %s, %s is committed", by, total.total(), committed)
		}
	}
}

func TestSpendingForPrograms(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSpendingJSON(&b, sampleSpending("model")); err != nil {
		t.Fatal(err)
	}
	golden(t, "spend.json", b.String())
	var read struct {
		Rows []struct{ Key string }
	}
	if err := json.Unmarshal(b.Bytes(), &read); err != nil || read.Rows[0].Key != sampleSpends()[4].Model {
		t.Errorf("%v: %+v", err, read)
	}

	b.Reset()
	if err := WriteSpendingCSV(&b, sampleSpending("model")); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(table) != 4 {
		t.Fatalf("%v: %q", err, table)
	}
	if got, want := table[1][0], `'=cmd|'/c calc'!A1\x1b]0;x\x07`; got != want {
		t.Errorf("the cell is %q, want %q", got, want)
	}
	if got := strings.Join(table[3], ","); got != "veo-3-1,1,1.234567,0.00,1.20,0,1.234567" {
		t.Errorf("row: %s", got)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=", "\x00=1"} {
		if got := csvCell(text); strings.ContainsAny(strings.TrimSpace(got)[:1], "=+-@") {
			t.Errorf("csvCell(%q) = %q", text, got)
		}
	}
	if got := csvCell(`task.hero["a=b"]`); got != `task.hero["a=b"]` {
		t.Errorf("an address became %q", got)
	}
	if got := csvCell(""); got != "" {
		t.Errorf("nothing became %q", got)
	}
}

// What was bought elsewhere is no submit of this state, and costs it nothing.
func TestImportedTasksAreCountedApart(t *testing.T) {
	s := sampleSpending("task")
	imported := state.Spend{
		Nonce: "i", Address: address("logo", ""), Model: "nano-banana", TaskID: "task_1", Priced: true,
		ChargedAt: noon, Settled: &state.Settlement{How: "import", By: "import", At: noon},
	}
	_, before := s.rows()
	s.Spends = append(s.Spends, imported)
	rows, after := s.rows()
	if after.submits != before.submits || after.total() != before.total() || after.imported != 1 || len(rows) != 3 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	var b bytes.Buffer
	WriteSpending(&b, plain, s)
	if !strings.Contains(b.String(), "1 task of import blocks, bought elsewhere: no cost here.") {
		t.Errorf("got\n%s", b.String())
	}
}
