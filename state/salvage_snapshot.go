package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// findBase finds the newest whole snapshot of the state's lineage. It returns
// the content of the snapshot if that is damaged, and not another state's.
func (g *gathering) findBase(j *salvagedJournal) (damaged []byte, err error) {
	var whole []*snapshot
	from, texts := map[*snapshot]string{}, map[*snapshot][]byte{}
	for _, path := range append([]string{g.paths.Snapshot, g.paths.unsaved(), g.paths.Backup}, temporary(g.paths)...) {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read what is left of the state: %w", err)
		}
		s, problem := parseWhole(path, data)
		if problem != "" {
			g.Findings = append(g.Findings, Finding{Severity: Damaged, Path: path, Problem: problem})
			if path == g.paths.Snapshot && len(data) > 0 {
				damaged = data
			}
			continue
		}
		whole = append(whole, s)
		from[s], texts[s] = path, data
	}
	g.lineage = g.chooseLineage(whole, damaged, j)
	if lineage := headField(damaged, "lineage"); lineage != "" && lineage != g.lineage {
		g.leaveOut(g.paths.Snapshot, lineage, damaged)
		damaged = nil
	}
	for _, s := range whole {
		h := s.view.header
		switch {
		case h.Lineage != g.lineage:
			g.leaveOut(from[s], h.Lineage, texts[s])
		case g.base == nil || h.Changes > g.base.view.header.Changes:
			g.base = s
		}
	}
	if g.base == nil {
		return damaged, nil
	}
	h := g.base.view.header
	g.source("%s: whole, serial %d, up to change %d, records: %d", from[g.base], h.Serial, h.Changes, len(g.base.view.records))
	for _, s := range whole {
		if s != g.base && s.view.header.Lineage == g.lineage && from[s] == g.paths.Snapshot {
			g.remember(s.view) // it stood where the state stands, and is not the one
		}
	}
	return damaged, nil
}

// leaveOut takes nothing but the task IDs of a snapshot of another state.
func (g *gathering) leaveOut(path, lineage string, text []byte) {
	g.takeForeign(text)
	g.Findings = append(g.Findings, Finding{Severity: Odd, Path: path, Problem: "it belongs to another state (lineage " + lineage + ") and is left out but for its task IDs"})
}

// parseWhole reads a snapshot, or says why it is not whole.
func parseWhole(path string, data []byte) (*snapshot, string) {
	if len(data) == 0 {
		return nil, "the file is empty"
	}
	if err := checkFormat(path, snapshotFormat, data); err != nil {
		return nil, problemOf(err)
	}
	s, err := parseSnapshot(data)
	if err != nil {
		return nil, err.Error()
	}
	return s, ""
}

// chooseLineage: what this machine saw last at the state's path, if any file is
// of that; then the snapshot at that path says which state this is, even if it is
// damaged; then whatever else is whole. "" leaves it to the journal.
func (g *gathering) chooseLineage(whole []*snapshot, damaged []byte, j *salvagedJournal) string {
	var there []string
	if lineage := headField(damaged, "lineage"); lineage != "" {
		there = append(there, lineage)
	}
	for _, s := range whole { // in the order of findBase
		there = append(there, s.view.header.Lineage)
	}
	all := there
	if j.header != nil {
		all = append(slices.Clone(there), j.header.Lineage)
	}
	if expected := g.expected(all); expected != "" {
		return expected
	}
	if len(there) > 0 {
		return there[0]
	}
	return ""
}

// remember keeps the tasks of a snapshot that is not used.
func (g *gathering) remember(v *view) {
	for _, p := range v.paid() {
		if p.TaskID != "" {
			g.loose = append(g.loose, fragment{address: p.Address, tasks: []string{p.TaskID}})
		}
	}
}

// startView begins with the base, or with an empty state.
func (g *gathering) startView(damaged []byte, j *salvagedJournal) {
	if g.lineage == "" && j.header != nil {
		g.lineage = j.header.Lineage
	}
	if g.base == nil {
		g.view = newView(g.newHeader(damaged, j))
		return
	}
	g.view, g.lastLine = g.base.view, g.base.lastLine
	h := g.view.header
	g.serial, g.changes = h.Serial, h.Changes
	at := h.Changes
	if j.header != nil && j.header.Lineage == h.Lineage && j.header.Serial == h.Serial && j.header.Snapshot != g.base.sum {
		at-- // the journal continues another snapshot of this serial: how they differ is not known
		g.gap(h.Changes, h.Changes)
	}
	for address := range g.view.records {
		g.at[address] = at
	}
}

// newHeader is for a state without a whole snapshot.
func (g *gathering) newHeader(damaged []byte, j *salvagedJournal) Header {
	h := newHeader("")
	if g.lineage != "" {
		h.Lineage = g.lineage
	}
	key := headField(damaged, "mask_key")
	if j.header != nil && j.header.Lineage == h.Lineage {
		if j.header.MaskKey != "" {
			key = j.header.MaskKey
		}
		h.Created = j.header.Created
	}
	if created, err := time.Parse(time.RFC3339Nano, headField(damaged, "created")); err == nil {
		h.Created = created
	}
	h.Endpoint = headField(damaged, "endpoint")
	if key != "" {
		h.MaskKey = key
	} else {
		g.Findings = append(g.Findings, Finding{Severity: Damaged, Path: g.paths.Snapshot, Problem: "the key that masks sensitive inputs is lost: requests with such inputs will look changed"})
	}
	return h
}

// takeSnapshot takes over what is whole in a damaged snapshot.
func (g *gathering) takeSnapshot(damaged []byte, j *salvagedJournal) {
	serial, changes := headCount(damaged, "serial"), headCount(damaged, "changes")
	if g.base != nil && serial != 0 && serial <= g.view.header.Serial {
		return // the base is newer
	}
	if changes <= g.changes && j.header != nil && j.header.Lineage == g.lineage && j.header.Serial > g.serial {
		changes = j.header.Changes
	}
	found := scrape(damaged)
	g.source("%s: damaged; records that can be read in it: %d, rows of the ledger: %d", g.paths.Snapshot, len(found.records), len(found.spends))
	if changes > g.changes {
		g.gap(g.changes+1, changes) // behind which stands what only the base knows
		g.changes = changes
	} else {
		g.gap(g.changes+1, 0)
	}
	g.serial = max(g.serial, serial)
	for _, r := range found.records {
		g.takeUnproven(r, g.changes)
	}
	for _, s := range found.spends {
		if g.view.spends[s.Nonce] == nil {
			g.view.add(s, nil)
		}
	}
	g.takeApprovals(found.approvals)
	g.loose = append(g.loose, found.fragments...)
}

func (g *gathering) takeApprovals(all []Approval) {
	for _, a := range all {
		if g.view.checkApproval(a) == nil {
			g.view.approvals = append(g.view.approvals, kept[Approval]{value: a})
		}
	}
}

// takeUnproven takes over a record that no checksum vouches for, as it was after
// a change.
func (g *gathering) takeUnproven(r Record, change int64) {
	if checkAddress("recover", r.Address) != nil {
		return
	}
	before := g.view.records[r.Address]
	if before != nil && equalJSON(*before.record, r) {
		g.at[r.Address] = max(g.at[r.Address], change)
		return
	}
	if before != nil && g.at[r.Address] > change {
		g.loose = append(g.loose, fragment{address: r.Address, tasks: r.allTasks()})
		return
	}
	problem := r.inconsistency()
	if before != nil && before.record.Nonce == r.Nonce && before.record.TaskID != "" && before.record.TaskID != r.TaskID {
		problem = fmt.Sprintf("it says task %q, where an older one says %q", r.TaskID, before.record.TaskID)
	}
	r.loseChanges()
	g.put(r, change)
	g.unproven[r.Address] = true
	switch {
	case problem != "":
		g.setDoubt(*g.view.records[r.Address].record, "its record stood in a damaged part of the state, and "+problem)
	case mayHaveSubmitted(r.Status, r.Failure):
		g.setDoubt(*g.view.records[r.Address].record, "its record stood in a damaged part of the state, and a later one may be lost")
	}
	g.at[r.Address] = change
}

// put replaces a record. A task that only the old one knows goes to the past of
// the new one.
func (g *gathering) put(r Record, change int64) {
	if before := g.view.records[r.Address]; before != nil {
		for _, past := range append(slices.Clip(before.record.Past), before.record.AsPast()) {
			if past.TaskID != "" && !r.Remembers(past.TaskID) {
				r.Past = append(slices.Clip(r.Past), past)
			}
		}
	}
	g.view.records[r.Address] = &stored{record: &r}
	g.at[r.Address] = change
}

// allTasks are the task IDs that a record has or had.
func (r *Record) allTasks() []string {
	var ids []string
	for _, past := range r.Past {
		if past.TaskID != "" {
			ids = append(ids, past.TaskID)
		}
	}
	if r.TaskID != "" {
		ids = append(ids, r.TaskID)
	}
	return ids
}

func equalJSON(a, b any) bool {
	one, errOne := encode(a)
	other, errOther := encode(b)
	return errOne == nil && errOther == nil && bytes.Equal(one, other)
}
