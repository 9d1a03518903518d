package state

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// Salvaged is all that can be read of a state whose files are damaged or do not
// belong together, brought into one. See Salvage.
type Salvaged struct {
	Path string
	// Damage is why the state cannot be opened; nil if it can, and then there is
	// nothing to recover.
	Damage error
	// Sources are what was read, and Findings what could not be, one by one.
	Sources  []string
	Findings []Finding
	// Loss is what nobody can read any more; it goes into the new state.
	Loss Loss
	// Doubted are the records that are in doubt now and were not: a submit of
	// theirs may be in what was lost.
	Doubted []Record
	// Unproven counts the records that come from damaged text, and Uncertain
	// those that run and whose later changes may be lost.
	Unproven, Uncertain int
	// Contents is the state as WriteTo would write it.
	Contents *Contents

	view     *view
	lastLine string
	seen     string
	print    string // of the files that were read
}

// Salvage reads everything that is left of the state at path, line by line, and
// brings it together without changing anything:
//
//   - The newest whole snapshot is the base: the snapshot, what a Close could
//     not put in place, or the backup.
//   - Of a newer snapshot that is damaged, each record that is whole JSON and
//     consistent is taken over.
//   - Lines of the journal that match their checksum follow, by their number,
//     also behind damaged ones: a line holds whole records, so what it says of
//     them does not depend on what was lost before.
//   - What cannot be read is searched for addresses and task IDs.
//   - Files of another state are left out but for their task IDs. Which state is
//     meant, where files of several are, is what this machine saw there last, or
//     else what the snapshot says.
//
// A record that might have had a submit in a part that was lost is in doubt
// afterwards. One that runs keeps running, with LostChanges set. A task ID that
// was readable anywhere is in a record, its past, the cause of its doubt, or in
// Loss. Instances whose only trace was lost cannot be known: see OpenLosses.
//
// If there is nothing at all, the error is fs.ErrNotExist; a state in use is a
// *LockedError.
func Salvage(path, seen string) (*Salvaged, error) {
	paths := PathsFor(resolve(path))
	if err := checkPlace(paths); err != nil {
		return nil, err
	}
	if holder, held, err := Holder(path); err != nil || held {
		return nil, errors.Join(err, &LockedError{Path: paths.Snapshot, Info: holder})
	}
	return salvage(paths, seen)
}

func salvage(paths Paths, seen string) (*Salvaged, error) {
	l, err := load(paths)
	switch {
	case err == nil && !l.exists:
		return nil, fmt.Errorf("there is no state %s: %w", paths.Snapshot, fs.ErrNotExist)
	case err == nil:
		return &Salvaged{Path: paths.Snapshot, Contents: l.view.contents(), view: l.view, lastLine: l.lastLine, seen: seen}, nil
	case !errors.Is(err, ErrCorrupt):
		return nil, err
	}
	print, errPrint := printOf(paths)
	if errPrint != nil {
		return nil, errPrint
	}
	g := &gathering{
		Salvaged: &Salvaged{Path: paths.Snapshot, Damage: err, seen: seen, print: print},
		paths:    paths, at: map[task.Address]int64{}, unproven: map[task.Address]bool{}, now: time.Now().UTC(),
	}
	if err := g.gather(); err != nil {
		return nil, err
	}
	return g.Salvaged, nil
}

// gathering is a Salvage under way.
type gathering struct {
	*Salvaged
	paths Paths
	now   time.Time

	base    *snapshot // nil if no snapshot is whole
	lineage string
	serial  int64
	changes int64                  // the highest number that is known
	at      map[task.Address]int64 // the number of each record's last known change
	loose   []fragment
	foreign []string // task IDs of files that belong to other states
	// unproven are the records that no checksum vouches for.
	unproven map[task.Address]bool
}

func (g *gathering) gather() error {
	journal, err := g.readJournal()
	if err != nil {
		return err
	}
	damaged, err := g.findBase(journal)
	if err != nil {
		return err
	}
	g.startView(damaged, journal)
	if damaged != nil {
		g.takeSnapshot(damaged, journal)
	}
	g.takeJournal(journal)
	g.compareSeen()
	g.mergeGaps()
	g.compareLedger()
	g.takeFragments()
	g.keepForeign()
	g.dropMoved()
	g.doubt()
	g.completeLedger()
	g.finish()
	return nil
}

func (g *gathering) source(format string, args ...any) {
	g.Sources = append(g.Sources, fmt.Sprintf(format, args...))
}

func (g *gathering) gap(from, to int64) {
	g.Loss.Gaps = append(g.Loss.Gaps, Gap{From: from, To: to})
}

// compareSeen learns from the mark of this machine how far the state got.
func (g *gathering) compareSeen() {
	m, known := readMark(g.seen, g.lineage)
	if g.seen == "" || !known || m.Changes <= g.changes {
		return
	}
	g.source("this machine has seen the state up to change %d, on %s", m.Changes, m.At.Local().Format(time.DateTime))
	g.gap(g.changes+1, m.Changes)
	g.changes = m.Changes
	g.serial = max(g.serial, m.Serial)
}

// mergeGaps sorts the gaps and joins those that touch.
func (g *gathering) mergeGaps() {
	gaps := g.Loss.Gaps
	slices.SortFunc(gaps, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	var merged []Gap
	for _, gap := range gaps {
		if n := len(merged); n > 0 && (merged[n-1].To == 0 || gap.From <= merged[n-1].To+1) {
			last := &merged[n-1]
			if gap.To == 0 || last.To == 0 {
				last.To = 0
			} else {
				last.To = max(last.To, gap.To)
			}
			continue
		}
		merged = append(merged, gap)
	}
	g.Loss.Gaps = merged
}

// finish makes the header and the note of what happened.
func (g *gathering) finish() {
	h := &g.view.header
	h.Version, h.Serial, h.Changes = formatVersion, g.serial+1, max(g.changes, 1)
	slices.Sort(g.Loss.Tasks)
	g.Loss.Tasks = slices.Compact(g.Loss.Tasks)
	note := newIntervention(Recovered, "the state was damaged: "+problemOf(g.Damage))
	if len(g.Loss.Gaps) > 0 || len(g.Loss.Tasks) > 0 {
		note.Loss = &Loss{Gaps: g.Loss.Gaps, Tasks: g.Loss.Tasks}
	}
	g.view.interventions = append(g.view.interventions, kept[Intervention]{value: *note})
	g.Contents, g.Unproven = g.view.contents(), len(g.unproven)
	for _, r := range g.Contents.Records {
		if r.Status == InDoubt && r.Doubt != nil && r.Doubt.Since.Equal(g.now) {
			g.Doubted = append(g.Doubted, r)
		}
		if r.LostChanges {
			g.Uncertain++
		}
	}
}

// temporary lists snapshots that were written whole and never put in place.
func temporary(paths Paths) []string {
	left, _ := atomicfile.Leftovers(disk.OS, paths.Snapshot) // without a list there are none
	return left
}
