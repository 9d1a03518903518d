package state

import (
	"fmt"
	"slices"
)

// takeForeign keeps the task IDs of a file that is left out, since it belongs to
// another state: they go into Loss, whatever this state is about.
func (g *gathering) takeForeign(text []byte) {
	for _, f := range fragments(text) {
		g.foreign = append(g.foreign, f.tasks...)
	}
}

// takeForeignJournal leaves out the journal, and tells how it would be the one
// that is recovered.
func (g *gathering) takeForeignJournal(j *salvagedJournal) {
	before := len(g.foreign)
	for i := range j.lines {
		g.takeForeign(j.lines[i].text)
	}
	finding := Finding{
		Severity: Damaged, Path: g.paths.Journal,
		Problem: fmt.Sprintf("it belongs to another state (lineage %s, lines: %d) and is left out but for its task IDs; the journal of this one is missing", j.header.Lineage, len(j.lines)),
	}
	if len(g.foreign) > before {
		finding.Next = fmt.Sprintf("if this is the one that is meant, move %s away: recover then starts from the journal", g.paths.Snapshot)
		if j.header.Serial == 0 {
			finding.Next = fmt.Sprintf("if this is the one that is meant, move %s away: the journal alone is a whole state", g.paths.Snapshot)
		}
	}
	g.Findings = append(g.Findings, finding)
}

// keepForeign puts the tasks of other states into the loss.
func (g *gathering) keepForeign() {
	known := g.tasks()
	for _, id := range g.foreign {
		if !known[id] {
			g.Loss.Tasks = append(g.Loss.Tasks, id)
		}
	}
}

// expected is which of some lineages this machine saw last at the state's path;
// "" if none of them.
func (g *gathering) expected(lineages []string) string {
	if g.seen == "" {
		return ""
	}
	var last Mark
	for _, m := range marksAt(g.seen, absolute(g.paths.Snapshot)) {
		if slices.Contains(lineages, m.Lineage) && !m.At.Before(last.At) {
			last = m
		}
	}
	return last.Lineage
}
