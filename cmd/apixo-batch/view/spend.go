package view

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Spending is the ledger of a state, to be shown by one of Groupings.
type Spending struct {
	Target Target
	Path   string // of the state
	Spends []state.Spend
	By     string
	Now    time.Time // in the zone that days are counted in
}

// Groupings are what a ledger can be summed up by.
var Groupings = []string{"task", "model", "day", "run", "instance"}

// sums are the money of some submits. What has no price is in no amount.
type sums struct {
	key     string
	address task.Address // of the task or instance; orders them
	first   time.Time    // a submit was made

	submits  int // charged, or reserved; what was released created nothing
	charged  task.Cost
	reserved task.Cost // may have been charged: doubts, and what ended in a 5xx
	released task.Cost
	unpriced int
	imported int // tasks of import blocks, which cost nothing here
}

func (s sums) total() task.Cost { return s.charged + s.reserved }

func (s *sums) add(spend state.Spend) {
	if !spend.ReleasedAt.IsZero() {
		s.released += spend.Cost
		return
	}
	if spend.Settled != nil && spend.Settled.How == runner.SettledByImport {
		s.imported++
		return
	}
	s.submits++
	switch {
	case !spend.Priced:
		s.unpriced++
	case spend.ChargedAt.IsZero():
		s.reserved += spend.Cost
	default:
		s.charged += spend.Cost
	}
}

// rows sums up the ledger. Days and runs are in the order of time, all else in
// that of names.
func (s Spending) rows() (rows []sums, total sums) {
	byKey := make(map[string]*sums)
	for _, spend := range s.Spends {
		key, address := s.keyOf(spend)
		row := byKey[key]
		if row == nil {
			row = &sums{key: key, address: address, first: spend.ReservedAt}
			byKey[key] = row
		}
		row.add(spend)
		total.add(spend)
	}
	for _, row := range byKey {
		rows = append(rows, *row)
	}
	byTime := s.By == "run"
	slices.SortFunc(rows, func(a, b sums) int {
		if order := a.first.Compare(b.first); byTime && order != 0 {
			return order
		}
		return cmp.Or(a.address.Compare(b.address), strings.Compare(a.key, b.key))
	})
	return rows, total
}

// keyOf is what a submit is summed up under. The address orders tasks and
// instances; it is zero elsewhere.
func (s Spending) keyOf(spend state.Spend) (string, task.Address) {
	switch s.By {
	case "model":
		return spend.Model, task.Address{}
	case "day":
		return spend.ReservedAt.In(s.Now.Location()).Format(time.DateOnly), task.Address{}
	case "run":
		return cmp.Or(spend.Run, "by hand"), task.Address{}
	case "instance":
		return spend.Address.String(), spend.Address
	default:
		block := task.Address{Name: spend.Address.Name}
		return block.String(), block
	}
}

// zone names the zone of the days: "CET, UTC+01:00".
func (s Spending) zone() string { return s.Now.Format("MST, UTC-07:00") }

// WriteSpending writes the ledger as a table.
func WriteSpending(w io.Writer, style Style, s Spending) {
	fmt.Fprintf(w, "%s%s\n", style.bold("Ledger of "+Clean(s.Path)), s.Target.mark())
	rows, total := s.rows()
	if len(rows) == 0 {
		fmt.Fprintln(w, "Nothing was submitted yet.")
		return
	}
	fmt.Fprintln(w)
	table := [][]string{{strings.ToUpper(s.By), "SUBMITS", "CHARGED", "RESERVED", "RELEASED", "UNPRICED", "TOTAL"}}
	total.key = "Total"
	for _, row := range append(rows, total) {
		table = append(table, []string{
			Clean(row.key), strconv.Itoa(row.submits), row.charged.String(), row.reserved.String(),
			row.released.String(), strconv.Itoa(row.unpriced), row.total().String(),
		})
	}
	writeTable(w, style, table)
	fmt.Fprintln(w)
	for _, note := range s.notes(total) {
		fmt.Fprintln(w, Wrap(note, 0, 0, style.Width))
	}
}

// notes explain what the table cannot.
func (s Spending) notes(total sums) []string {
	var notes []string
	if s.By == "day" {
		notes = append(notes, "Days are those of the submit, in local time ("+s.zone()+").")
	}
	if total.reserved > 0 {
		notes = append(notes, "Reserved may have been charged: doubts, and submits that ended in a 5xx.")
	}
	if total.imported > 0 {
		notes = append(notes, count(total.imported, "task")+" of import blocks, bought elsewhere: no cost here.")
	}
	if total.unpriced > 0 {
		notes = append(notes, count(total.unpriced, "submit")+" without a price cost something too, which is in no sum.")
	}
	return append(notes, "Amounts are this program's prices, not the bill.")
}

// writeTable writes rows of cells: the first to the left, all others to the
// right. The first row is the head, the last one the sum.
func writeTable(w io.Writer, style Style, table [][]string) {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for n, row := range table {
		line := pad(row[0], widths[0])
		for i, cell := range row[1:] {
			line += "  " + padLeft(cell, widths[i+1])
		}
		if n == 0 || n == len(table)-1 {
			line = style.bold(line)
		}
		fmt.Fprintln(w, line)
	}
}

// WriteSpendingJSON writes the ledger as one JSON object.
func WriteSpendingJSON(w io.Writer, s Spending) error {
	rows, total := s.rows()
	list := make([]fields, len(rows))
	for i, row := range rows {
		list[i] = sumsJSON(row)
		list[i]["key"] = row.key
	}
	out := fields{
		"format_version": "1.0", "state": s.Path, "simulated": s.Target.Simulated, "by": s.By, "currency": "USD",
		"rows": list, "total": sumsJSON(total),
	}
	if s.By == "day" {
		out["zone"] = s.zone()
	}
	return WriteJSON(w, out, "  ")
}

func sumsJSON(s sums) fields {
	return fields{
		"submits": s.submits, "charged": s.charged.Decimal(), "reserved": s.reserved.Decimal(),
		"released": s.released.Decimal(), "unpriced": s.unpriced, "imported": s.imported, "total": s.total().Decimal(),
	}
}

// WriteSpendingCSV writes the ledger as comma-separated values with a head and
// without a sum.
func WriteSpendingCSV(w io.Writer, s Spending) error {
	rows, _ := s.rows()
	out := csv.NewWriter(w)
	_ = out.Write([]string{s.By, "submits", "charged_usd", "reserved_usd", "released_usd", "unpriced", "total_usd"}) // see Error
	for _, row := range rows {
		_ = out.Write([]string{
			csvCell(row.key), strconv.Itoa(row.submits), row.charged.Decimal(), row.reserved.Decimal(),
			row.released.Decimal(), strconv.Itoa(row.unpriced), row.total().Decimal(),
		})
	}
	out.Flush()
	return out.Error()
}

// csvCell makes text from outside safe for a spreadsheet, which would carry out
// what looks like a formula, and for a terminal.
func csvCell(text string) string {
	text = Clean(text)
	if begins := strings.TrimLeft(text, " "); begins != "" && strings.ContainsRune("=+-@", rune(begins[0])) {
		return "'" + text
	}
	return text
}
