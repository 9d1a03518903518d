package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"apixo-batch/spec/task"
)

// salvagedJournal is a journal read line by line, each for itself.
type salvagedJournal struct {
	exists bool
	header *journalHeader // nil if it cannot be read
	lines  []salvagedLine // in the order of the file
}

// salvagedLine is a line behind the header.
type salvagedLine struct {
	number int // in the file, from 1
	offset int64
	text   []byte
	sum    string // its checksum, if it holds
	torn   bool   // the last, and never finished

	first   int64    // the number of its first change, or where a damaged line stands
	changes []Change // nil if the line is damaged
	raws    [][]json.RawMessage
}

// readJournal reads the whole journal into memory: it is done once.
func (g *gathering) readJournal() (*salvagedJournal, error) {
	data, err := os.ReadFile(g.paths.Journal)
	if errors.Is(err, fs.ErrNotExist) {
		return &salvagedJournal{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is left of the journal: %w", err)
	}
	return splitJournal(data), nil
}

func splitJournal(data []byte) *salvagedJournal {
	j := &salvagedJournal{exists: true}
	for number, offset := 1, 0; offset < len(data); number++ {
		text, _, finished := bytes.Cut(data[offset:], []byte("\n"))
		l := salvagedLine{number: number, offset: int64(offset), text: text}
		offset += len(text) + 1
		l.torn = !finished || offset >= len(data) && bytes.IndexByte(text, 0) >= 0
		if number == 1 {
			if j.header = parseJournalHeader(text); j.header != nil {
				continue
			}
		}
		l.parse()
		j.lines = append(j.lines, l)
	}
	return j
}

func parseJournalHeader(line []byte) *journalHeader {
	if _, ok := unseal(line); !ok || checkFormat("", journalFormat, line) != nil {
		return nil
	}
	var h journalHeader
	if json.Unmarshal(line, &h) != nil || h.Lineage == "" || h.Serial < 0 || h.Changes < 0 {
		return nil
	}
	return &h
}

// parse reads a line that matches its checksum.
func (l *salvagedLine) parse() {
	sum, ok := unseal(l.text)
	if !ok {
		return
	}
	line, raws, err := decodeLine(newParser(), l.text)
	if err != nil || line.N < 1 {
		return
	}
	var changes []Change
	for _, c := range line.changes() {
		for _, r := range c.Put {
			if checkAddress(c.Op, r.Address) != nil || checkRecord(r, "") != nil {
				return
			}
		}
		for _, e := range c.Money {
			if checkAddress(c.Op, e.Address) != nil {
				return
			}
		}
		changes = append(changes, c)
	}
	l.sum, l.first, l.changes, l.raws = sum, line.N, changes, raws
}

// takeJournal applies the lines that are whole, by their number, and searches
// the others.
func (g *gathering) takeJournal(j *salvagedJournal) {
	if j.header != nil && j.header.Lineage != g.lineage {
		g.takeForeignJournal(j)
		g.gap(g.changes+1, 0)
		return
	}
	if j.header == nil {
		g.Findings = append(g.Findings, Finding{Severity: Damaged, Path: g.paths.Journal, Line: 1, Problem: g.headless(j)})
	} else {
		g.serial = max(g.serial, j.header.Serial)
		if j.header.Changes > g.changes {
			g.gap(g.changes+1, j.header.Changes)
			g.changes = j.header.Changes
		}
	}
	trailing := g.place(j)
	whole := g.takeLines(j.lines)
	g.source("%s: lines that can be read: %d of %d, up to change %d", g.paths.Journal, whole, len(j.lines), g.changes)
	if trailing || whole == 0 && j.header == nil {
		g.gap(g.changes+1, 0)
	}
}

func (g *gathering) headless(j *salvagedJournal) string {
	if !j.exists {
		return "it is missing"
	}
	return "its first line, which names the state, cannot be read"
}

// place sorts the lines by the numbers of their changes; a damaged one stands
// where it follows a whole one. trailing is set if a damaged line comes after
// the last whole one: how many changes that were is not known.
func (g *gathering) place(j *salvagedJournal) (trailing bool) {
	last := g.changes
	for i := range j.lines {
		l := &j.lines[i]
		if l.changes != nil {
			last, trailing = l.first+int64(len(l.changes))-1, false
			continue
		}
		l.first = last + 1
		trailing = trailing || !l.torn
	}
	slices.SortStableFunc(j.lines, func(a, b salvagedLine) int { return cmp.Compare(a.first, b.first) })
	return trailing
}

// takeLines applies what the lines hold, notes which numbers are missing, and
// counts the lines that are whole.
func (g *gathering) takeLines(lines []salvagedLine) (whole int) {
	from := g.changes
	for i := range lines {
		l := &lines[i]
		if l.changes == nil {
			g.takeDamaged(l)
			continue
		}
		whole++
		for i, c := range l.changes {
			n := l.first + int64(i)
			if n <= from { // the base holds it, unless it went another way
				g.rememberPuts(c)
				continue
			}
			if n > g.changes+1 {
				g.gap(g.changes+1, n-1)
			}
			g.changes, g.lastLine = max(g.changes, n), l.sum
			g.takeChange(c, l.raws[i], n)
		}
	}
	return whole
}

func (g *gathering) rememberPuts(c Change) {
	for _, r := range c.Put {
		g.loose = append(g.loose, fragment{address: r.Address, request: r.Request, print: r.Fingerprint, tasks: r.allTasks()})
	}
}

// takeDamaged takes over what is whole in a line that does not match its
// checksum.
func (g *gathering) takeDamaged(l *salvagedLine) {
	found := scrape(l.text)
	problem := "the line does not match its checksum"
	if l.torn {
		problem = "the line was never finished; nothing depends on it"
	}
	g.Findings = append(g.Findings, Finding{Severity: Damaged, Path: g.paths.Journal, Line: l.number, Offset: l.offset, Problem: problem + found.text()})
	for _, r := range found.records {
		if !l.torn || r.TaskID != "" { // an intent that was never finished was never sent
			g.takeUnproven(r, l.first)
		}
	}
	g.loose = append(g.loose, found.fragments...)
	for _, e := range found.entries {
		if e.Kind == Charge || e.Kind == Reserve { // to count too much is safe, too little is not
			g.book(e)
		}
	}
	g.takeApprovals(found.approvals)
}

// text says which instances and tasks are readable in a damaged line.
func (s *scraped) text() string {
	var told []string
	for _, r := range s.records {
		told = append(told, fmt.Sprintf("it speaks of %s (%s)%s", r.Address, r.Status, tasksText(r.allTasks())))
	}
	for _, f := range s.fragments {
		switch {
		case f.address != task.Address{}:
			told = append(told, fmt.Sprintf("it speaks of %s%s", f.address, tasksText(f.tasks)))
		case len(f.tasks) > 0:
			told = append(told, "it"+strings.TrimPrefix(tasksText(f.tasks), ", in which"))
		}
	}
	const most = 5
	switch more := len(told) - most; {
	case len(told) == 0:
		return "; no address and no task ID can be read in it"
	case more > 0:
		return fmt.Sprintf("; %s; and of %d more", strings.Join(told[:most], "; "), more)
	default:
		return "; " + strings.Join(told, "; ")
	}
}

func (g *gathering) takeChange(c Change, raw []json.RawMessage, n int64) {
	for _, address := range c.Remove {
		delete(g.view.records, address)
		delete(g.at, address)
	}
	for i, r := range c.Put {
		g.put(r, n)
		delete(g.unproven, r.Address)
		if stored := g.view.records[r.Address]; raw != nil && len(stored.record.Past) == len(r.Past) {
			stored.raw = raw[i]
		}
	}
	for _, e := range c.Money {
		g.book(e)
	}
	if c.Approve != nil {
		g.takeApprovals([]Approval{*c.Approve})
	}
	if c.Balance != nil {
		g.view.readings = append(g.view.readings, kept[Reading]{value: *c.Balance})
	}
	for _, l := range c.Limits {
		g.view.keepLimit(l, nil)
	}
	if c.Intervene != nil {
		g.view.interventions = append(g.view.interventions, kept[Intervention]{value: *c.Intervene})
	}
	if c.Endpoint != "" {
		g.view.header.Endpoint = c.Endpoint
	}
}
