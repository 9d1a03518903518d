package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// PushOptions say how a state may be replaced.
type PushOptions struct {
	OpenOptions
	// Force replaces a state of another lineage, a newer one, and one that went
	// another way from the same point.
	Force bool
	// DropPaid allows, with Force, that submits which were or may have been paid
	// for are forgotten.
	DropPaid bool
}

// Pushed is what a Push did.
type Pushed struct {
	// Unchanged is set if the state was the document's already.
	Unchanged bool
	// Dropped are the submits that were or may have been paid for and that the
	// state does not know any more.
	Dropped []Paid
	Before  Header // of what was replaced; no Lineage if nothing was
	After   Header
	Notices []string // as Store.Notices
}

// PushError means that a document may not replace a state. Nothing was changed.
type PushError struct {
	Path    string
	Problem string
	// Lost are the submits that were or may have been paid for, and that the
	// document does not know.
	Lost []Paid
	// Unknown is set if there may be more of them, which nobody can list: the
	// state has open losses, or the document ends before where this machine has
	// seen the state.
	Unknown bool
}

func (e *PushError) Error() string {
	return fmt.Sprintf("state %s is not replaced: %s; nothing was changed", e.Path, e.Problem)
}

// Push replaces the state at path by a document that Pull wrote, or by a
// snapshot, under the lock. The whole state that was there is the backup
// afterwards. A saved plan that was begun stays so, and a loss that nobody has
// accepted stays open; a document that ends before where this machine has seen
// the state adds one.
//
// The errors are those of Open; *PushError if the document is of another
// lineage, older, equal with another content, or would lose what was paid for;
// *EndpointError if it holds the tasks of another endpoint, which nothing
// overrides. A document that is damaged is a *CorruptError without a path.
func Push(path string, document []byte, o PushOptions) (*Pushed, error) {
	if err := checkFormat("document", snapshotFormat, document); err != nil {
		return nil, err
	}
	doc, err := parseSnapshot(document)
	if err != nil {
		return nil, &CorruptError{Path: "document", Problem: err.Error(), Advice: "Push what `state pull` wrote, without a change"}
	}
	s, err := openFor(path, o.OpenOptions, &doc.view.header)
	if err != nil {
		return nil, err
	}
	pushed, err := s.push(doc, o)
	if err == nil {
		s.startMark(o.Seen)
		pushed.Notices = s.Notices()
	}
	return pushed, errors.Join(err, s.Close())
}

func (s *Store) push(doc *snapshot, o PushOptions) (*Pushed, error) {
	before, after := s.view, doc.view
	p := &Pushed{After: after.header}
	var unseen *Loss
	if before.header.Changes > 0 {
		p.Before = before.header
		if recorded, asked := before.header.Endpoint, after.header.Endpoint; recorded != "" && asked != "" && recorded != asked {
			return nil, &EndpointError{Path: s.paths.Snapshot, Recorded: recorded, Asked: asked}
		}
		if before.header.Lineage == after.header.Lineage && before.digest() == after.digest() {
			p.Unchanged = true
			return p, nil
		}
		p.Dropped = lostBy(before, after)
		unseen = s.unseenBy(after, p.Dropped, o)
		if err := s.refusePush(p, unseen, o); err != nil {
			return nil, err
		}
	}
	after.keepApprovals(before)
	after.keepInterventions(before)
	after.header.Tool = o.Tool
	if err := s.notePushed(after, p, unseen); err != nil {
		return nil, err
	}
	if err := s.replace(doc); err != nil {
		s.fail(nil, err)
		return nil, err
	}
	p.After = after.header
	for _, notice := range after.lossNotices() {
		if !slices.Contains(s.notices, notice) {
			s.notices = append(s.notices, notice)
		}
	}
	return p, nil
}

// unseenBy is what this machine has seen of the document's state behind the
// document's end; nil if nothing, or if that was accepted.
func (s *Store) unseenBy(doc *view, dropped []Paid, o PushOptions) *Loss {
	m, known := readMark(o.Seen, doc.header.Lineage)
	if o.Seen == "" || !known || s.accepted != nil || m.Changes <= doc.header.Changes {
		return nil
	}
	loss := &Loss{Gaps: []Gap{{From: doc.header.Changes + 1, To: m.Changes}}}
	for _, paid := range dropped {
		if paid.TaskID != "" {
			loss.Tasks = append(loss.Tasks, paid.TaskID)
		}
	}
	return loss
}

// refusePush says why the document may not replace what is there.
func (s *Store) refusePush(p *Pushed, unseen *Loss, o PushOptions) error {
	problem := ""
	switch before, after := p.Before, p.After; {
	case o.Force:
	case before.Lineage != after.Lineage:
		problem = fmt.Sprintf("the document is another state (lineage %s, here is %s)", after.Lineage, before.Lineage)
	case after.Changes < before.Changes || after.Serial < before.Serial:
		problem = fmt.Sprintf("the document is older (serial %d, %d changes) than what is there (serial %d, %d changes)",
			after.Serial, after.Changes, before.Serial, before.Changes)
	case after.Changes == before.Changes:
		problem = fmt.Sprintf("the document and what is there both have %d changes and differ: each went its own way from the same point", after.Changes)
	}
	if len(p.Dropped) > 0 && !(o.Force && o.DropPaid) {
		lost := fmt.Sprintf("submits that were or may have been paid for are in it and not in the document: %d", len(p.Dropped))
		if problem != "" {
			lost = problem + ", and " + lost
		}
		problem = lost
	}
	if problem == "" {
		return nil
	}
	unknown := unseen != nil || len(openLosses(values(s.view.interventions))) > 0
	return &PushError{Path: s.paths.Snapshot, Problem: problem, Lost: p.Dropped, Unknown: unknown}
}

// replace puts a snapshot in the place of the state. First comes the journal's
// content into the old snapshot, which then stands alone; so after every step
// there is a whole state, the old one or the new.
func (s *Store) replace(doc *snapshot) error {
	if s.journal.changes > 0 {
		if err := s.compact(); err != nil {
			return err
		}
	} else if err := s.checkReplaced(); err != nil {
		return err
	}
	if err := keepBackup(s.disk, s.paths); err != nil {
		return err
	}
	s.journal.Close()
	if err := s.disk.Remove(s.paths.Journal); err != nil {
		return fmt.Errorf("replace the state: %w", err)
	}
	if err := s.disk.SyncDir(filepath.Dir(s.paths.Journal)); err != nil {
		return fmt.Errorf("replace the state: %w", err)
	}
	return s.begin(doc.view, doc.lastLine)
}

// begin writes a snapshot where no journal is, and an empty journal to it.
func (s *Store) begin(v *view, lastLine string) error {
	sum, err := writeSnapshot(s.disk, s.paths.Snapshot, v, lastLine)
	if err != nil {
		return err
	}
	journal, err := startJournal(s.disk, s.paths.Journal, v.header, sum)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.journal, s.snapshotSum = v, journal, sum
	return nil
}

// notePushed writes into the new state what was done. It is in the snapshot from
// the start, so that the next Close does not put that in the backup's place.
func (s *Store) notePushed(after *view, p *Pushed, unseen *Loss) error {
	if accepted := s.acceptance(); accepted != nil {
		if err := after.apply(Change{Intervene: accepted}, nil); err != nil {
			return err
		}
	}
	why := "there was no state"
	if p.Before.Lineage != "" {
		why = fmt.Sprintf("it replaced lineage %s, serial %d, %d changes", p.Before.Lineage, p.Before.Serial, p.Before.Changes)
	}
	if len(p.Dropped) > 0 {
		why += fmt.Sprintf("; paid submits dropped: %d", len(p.Dropped))
	}
	note := newIntervention(Replaced, why)
	note.Loss = unseen
	return after.apply(Change{Intervene: note}, nil)
}

// digest is that of a view's content, whoever wrote it and however often.
func (v *view) digest() string {
	plain := *v
	plain.header.Serial, plain.header.Tool = 0, ""
	sum := sha256.New()
	if _, err := encodeSnapshot(sum, &plain, ""); err != nil {
		return "" // it was read from JSON
	}
	return hex.EncodeToString(sum.Sum(nil))
}
