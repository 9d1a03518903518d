package state

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// recoveredWithLoss is a state that was recovered without the last of two
// submits, and the document of before that.
func recoveredWithLoss(t *testing.T, path, seen string) (old []byte) {
	t.Helper()
	s := remembering(t, path, seen)
	charged(t, s, running(1))
	closeStore(t, s)
	old = pull(t, path)
	s = remembering(t, path, seen)
	charged(t, s, running(2))
	crash(t, s)
	text := string(contents(t, s.Paths().Journal))
	write(t, s.Paths().Journal, []byte(text[:strings.IndexByte(text, '\n')+1]+"garbage\n"))
	salvaged, err := Salvage(path, seen)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := salvaged.WriteTo(path, OpenOptions{Operation: "test", Seen: seen}); err != nil {
		t.Fatal(err)
	}
	return old
}

// An older document by force does not make anybody forget that something is
// lost.
func TestAPushKeepsALossOpen(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	old := recoveredWithLoss(t, path, seen)
	options := PushOptions{OpenOptions: OpenOptions{Operation: "test", Seen: seen}}
	_, err := Push(path, old, options)
	refused, ok := errors.AsType[*PushError](err)
	if !ok || len(refused.Lost) != 0 || !refused.Unknown {
		t.Fatalf("without force: %+v, %v", refused, err)
	}
	options.Force = true
	pushed, err := Push(path, old, options)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(pushed.Notices, "\n"), "may be paid for") {
		t.Errorf("notices: %q", pushed.Notices)
	}
	s := remembering(t, path, seen)
	open := s.OpenLosses()
	if len(open) != 2 || open[0].Kind != Recovered || open[1].Kind != Replaced {
		t.Fatalf("open losses: %+v", open)
	}
	if gaps := open[1].Loss.Gaps; len(gaps) != 1 || gaps[0].From != 2 || gaps[0].To < 2 {
		t.Errorf("gaps: %v", gaps)
	}
	if err := s.AcceptLosses(); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)

	if _, err := Push(path, old, options); err != nil { // and what was accepted stays so
		t.Fatal(err)
	}
	s = remembering(t, path, seen)
	if open := s.OpenLosses(); len(open) != 1 || open[0].Kind != Replaced {
		t.Errorf("open losses: %+v", open)
	}
	closeStore(t, s)
}

// The newest document brings back all that an older one lacked.
func TestAPushOfTheNewestEndsTheLossOfAnOlder(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	charged(t, s, running(1))
	old := pull(t, path)
	charged(t, s, running(2))
	newest := pull(t, path)
	closeStore(t, s)
	options := PushOptions{OpenOptions: OpenOptions{Operation: "test", Seen: seen}, Force: true, DropPaid: true}
	for i, document := range [][]byte{old, newest} {
		if _, err := Push(path, document, options); err != nil {
			t.Fatal(err)
		}
		s := remembering(t, path, seen)
		if open := s.OpenLosses(); len(open) != 1-i {
			t.Errorf("push %d: open losses: %+v", i, open)
		}
		closeStore(t, s)
	}
}

// Whether a loss is open depends on what each list knows of it, not on the order
// of the clocks.
func TestInterventionsOfTwoViewsAreBroughtTogether(t *testing.T) {
	at := func(kind InterventionKind, second int, loss *Loss) Intervention {
		return Intervention{Kind: kind, At: noon.AddDate(0, 0, second), Why: "x", Loss: loss}
	}
	first, second := at(Recovered, 1, &Loss{Gaps: []Gap{{From: 3}}}), at(Recovered, 2, &Loss{Gaps: []Gap{{From: 7}}})
	accepted := at(LossAccepted, 3, nil)
	for name, c := range map[string]struct{ mine, theirs, open []Intervention }{
		"nothing":             {},
		"only here":           {mine: []Intervention{first}, open: []Intervention{first}},
		"only there":          {theirs: []Intervention{first}, open: []Intervention{first}},
		"in both":             {mine: []Intervention{first}, theirs: []Intervention{first}, open: []Intervention{first}},
		"accepted there":      {mine: []Intervention{first}, theirs: []Intervention{first, accepted}},
		"accepted here":       {mine: []Intervention{first, accepted}, theirs: []Intervention{first}},
		"another's accepted":  {mine: []Intervention{second}, theirs: []Intervention{first, accepted}, open: []Intervention{second}},
		"another, accepted 2": {mine: []Intervention{first, accepted}, theirs: []Intervention{second}, open: []Intervention{second}},
	} {
		v, other := newView(Header{}), newView(Header{})
		for _, i := range c.mine {
			v.interventions = append(v.interventions, kept[Intervention]{value: i})
		}
		for _, i := range c.theirs {
			other.interventions = append(other.interventions, kept[Intervention]{value: i})
		}
		v.keepInterventions(other)
		if d := diff(c.open, openLosses(values(v.interventions))); d != "" {
			t.Errorf("%s: open losses:\n%s", name, d)
		}
		for _, i := range append(c.mine, c.theirs...) {
			if !contains(values(v.interventions), i) {
				t.Errorf("%s: %+v is not in it", name, i)
			}
		}
	}
}

func TestASnapshotWithoutItsJournalIsAWarning(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	if err := os.Remove(s.Paths().Journal); err != nil {
		t.Fatal(err)
	}
	c, err := Read(path)
	if err != nil || len(c.Notices) != 1 || !strings.Contains(c.Notices[0], "Warning: there is no journal") || !strings.Contains(c.Notices[0], "bought again") {
		t.Errorf("%v, %v", c, err)
	}
}
