package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

func pull(t *testing.T, path string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Pull(path, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// charged puts records whose submits are in the ledger.
func charged(t *testing.T, s *Store, records ...Record) {
	t.Helper()
	for _, r := range records {
		commit(t, s, Change{Op: "x", Put: []Record{r}, Money: []Entry{{
			Kind: Charge, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, TaskID: r.TaskID, Cost: r.Cost, Priced: true, At: noon,
		}}})
	}
}

func TestPullIsTheStateAsItIsAlsoDuringARun(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	s = open(t, path)
	charged(t, s, running(2), succeeded(1))
	before := files(t, s.Paths())
	document := pull(t, path)
	if d := diff(before, files(t, s.Paths())); d != "" {
		t.Errorf("Pull changed something:\n%s", d)
	}
	want := s.Records()
	closeStore(t, s)
	if d := diff(string(contents(t, path)), string(document)); d != "" {
		t.Errorf("it is not what Close wrote then:\n%s", d)
	}
	doc, err := parseSnapshot(document)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(want, doc.view.sortedRecords()); d != "" {
		t.Error(d)
	}
	if again := pull(t, path); !bytes.Equal(again, document) {
		t.Error("the same state gives two documents")
	}
	if err := Pull(newPath(t), new(bytes.Buffer)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestPushPutsADocumentWhereNothingIs(t *testing.T) {
	from, to := newPath(t), newPath(t)
	s := open(t, from)
	charged(t, s, running(1), odd())
	want := s.Records()
	document := pull(t, from)
	closeStore(t, s)
	pushed, err := Push(to, document, PushOptions{OpenOptions: OpenOptions{Operation: "test", Tool: "test"}})
	if err != nil || pushed.Unchanged || pushed.Before.Lineage != "" {
		t.Fatalf("%+v, %v", pushed, err)
	}
	s = open(t, to)
	defer s.Close()
	if d := diff(want, s.Records()); d != "" || s.Committed() != running(1).Cost+odd().Cost {
		t.Errorf("%s\n%s", s.Committed(), d)
	}
	if kept := s.Interventions(); len(kept) != 1 || kept[0].Kind != Replaced {
		t.Errorf("recorded: %+v", kept)
	}
}

func TestPushIsRefusedWhereSomethingWouldBeLost(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	old := pull(t, path)
	doubtful := submitting(3)
	doubtful.Status, doubtful.Doubt = InDoubt, &Doubt{Since: noon, Cause: "lost"}
	charged(t, s, running(2), doubtful)
	commit(t, s, Change{Op: "approve", Approve: &Approval{Plan: "plan-1"}})
	closeStore(t, s)

	foreign := newPath(t)
	f := open(t, foreign)
	charged(t, f, running(9))
	other := pull(t, foreign)
	crash(t, f)

	fork := forked(t, path)
	cases := []struct {
		name     string
		document []byte
		options  PushOptions
		want     string // in the message; "" if it is carried out
		lost     int
	}{
		{"older", old, PushOptions{}, "older", 2},
		{"older, forced", old, PushOptions{Force: true}, "paid for", 2},
		{"dropping is not forcing", old, PushOptions{DropPaid: true}, "older", 2},
		{"another state", other, PushOptions{}, "another state", 3},
		{"another state, forced", other, PushOptions{Force: true}, "paid for", 3},
		{"a fork", fork, PushOptions{}, "each went its own way", 0},
		{"a fork, forced", fork, PushOptions{Force: true}, "", 0},
		{"older, forced and dropped", old, PushOptions{Force: true, DropPaid: true}, "", 2},
		{"another state, forced and dropped", other, PushOptions{Force: true, DropPaid: true}, "", 3},
	}
	whole := files(t, PathsFor(path))
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			putFiles(t, PathsFor(path), whole)
			test.options.OpenOptions = OpenOptions{Operation: "test"}
			pushed, err := Push(path, test.document, test.options)
			if test.want == "" {
				if err != nil || len(pushed.Dropped) != test.lost {
					t.Fatalf("%+v, %v", pushed, err)
				}
				judgeReplaced(t, path, whole[path])
				return
			}
			refused, ok := errors.AsType[*PushError](err)
			if !ok || !strings.Contains(err.Error(), test.want) || len(refused.Lost) != test.lost {
				t.Errorf("%v\nwant %q and %d lost", err, test.want, test.lost)
			}
			if d := diff(whole, files(t, PathsFor(path))); d != "" {
				t.Errorf("a refused push changed something:\n%s", d)
			}
		})
	}
}

// forked is a document with as many changes as the state and another content,
// in which nothing that was paid for is missing.
func forked(t *testing.T, path string) []byte {
	t.Helper()
	l, err := load(PathsFor(path))
	if err != nil {
		t.Fatal(err)
	}
	r := l.view.records[address(1)].record
	r.Repeats = 7
	var b bytes.Buffer
	if _, err := encodeSnapshot(&b, l.view, l.lastLine); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// judgeReplaced checks that what was replaced is the backup, and that plans that
// were begun stay so.
func judgeReplaced(t *testing.T, path, before string) {
	t.Helper()
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Approvals) != 1 || len(c.Interventions) != 1 {
		t.Errorf("approvals %v, interventions %v", c.Approvals, c.Interventions)
	}
	closeStore(t, open(t, path))
	if got := string(contents(t, PathsFor(path).Backup)); got != before {
		t.Errorf("the backup is\n%s", got)
	}
}

func TestPushOfWhatIsThereChangesNothing(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	before := files(t, s.Paths())
	pushed, err := Push(path, pull(t, path), PushOptions{})
	if err != nil || !pushed.Unchanged {
		t.Fatalf("%+v, %v", pushed, err)
	}
	if d := diff(before, files(t, s.Paths())); d != "" {
		t.Error(d)
	}
}

func TestPushRefusesAnotherEndpointWhateverIsForced(t *testing.T) {
	path, other := newPath(t), newPath(t)
	for at, endpoint := range map[string]string{path: "api.apixo.ai", other: "simulated"} {
		s := open(t, at)
		if err := s.SetEndpoint(endpoint); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	_, err := Push(path, pull(t, other), PushOptions{Force: true, DropPaid: true})
	if _, ok := errors.AsType[*EndpointError](err); !ok {
		t.Errorf("error is %v", err)
	}
}

func TestPushRefusesADocumentThatWasEdited(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	document := pull(t, path)
	crash(t, s)
	for name, spoiled := range map[string][]byte{
		"edited": bytes.Replace(document, []byte("running"), []byte("pending"), 1), "cut": document[:len(document)/2],
		"empty": nil, "a journal": contents(t, s.Paths().Journal), "terraform": []byte(`{"version":4}`),
	} {
		if _, err := Push(path, spoiled, PushOptions{Force: true, DropPaid: true}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Push(path, bytes.Replace(document, []byte(`"version": 1`), []byte(`"version": 2`), 1), PushOptions{}); err == nil {
		t.Error("a newer version was accepted")
	}
}

func TestPushWaitsForTheLock(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	defer s.Close()
	charged(t, s, running(1))
	if _, err := Push(path, pull(t, path), PushOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("error is %v", err)
	}
}

// A document that is older than this machine has seen the state is a rollback,
// even where nothing is.
func TestPushKnowsARollback(t *testing.T) {
	path, seen := newPath(t), t.TempDir()
	s := remembering(t, path, seen)
	charged(t, s, running(1))
	old := pull(t, path)
	charged(t, s, running(2))
	newest := pull(t, path)
	closeStore(t, s)
	putFiles(t, s.Paths(), nil)
	options := PushOptions{OpenOptions: OpenOptions{Seen: seen}, Force: true}
	if _, err := Push(path, old, options); !isRollback(err) {
		t.Errorf("older: %v", err)
	}
	other := newPath(t)
	f := open(t, other)
	charged(t, f, running(9))
	if _, err := Push(path, pull(t, other), options); !isRollback(err) {
		t.Errorf("another state: %v", err)
	}
	crash(t, f)
	if _, err := Push(path, newest, options); err != nil { // which mends what was deleted
		t.Errorf("newest: %v", err)
	}
	closeStore(t, remembering(t, path, seen))
}

func isRollback(err error) bool {
	_, is := errors.AsType[*RollbackError](err)
	return is
}

// Whatever step of a push is cut off, the state that is found is the old one or
// the new one, whole.
func TestAPushCutOffAnywhereLeavesAWholeState(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	old := files(t, s.Paths())
	s = open(t, path)
	charged(t, s, running(2))
	closeStore(t, s)
	after := files(t, s.Paths())
	for name, set := range map[string]map[string]string{
		"journal removed":   {path: old[path]},
		"snapshot replaced": {path: after[path], s.Paths().Backup: old[path]},
	} {
		putFiles(t, s.Paths(), set)
		if c, err := Read(path); err != nil || len(c.Records) == 0 {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestWhatWasPaidForIsListedOnce(t *testing.T) {
	v := newView(Header{})
	r := running(1)
	r.Past = []Past{{Nonce: "old", TaskID: "t0", Status: Succeeded, Cost: 5}, {Nonce: "doubt", Status: InDoubt}}
	waiting := submitting(2)
	pending := submitting(3)
	pending.Status = Pending
	for _, c := range []Change{
		{Put: []Record{r, waiting, pending}},
		{Money: []Entry{money(Charge, r.Nonce, 1), money(Reserve, "removed", 2), money(Reserve, "released", 3)}},
		{Money: []Entry{{Kind: Release, Nonce: "released", Address: address(1), At: noon}}},
	} {
		if err := v.apply(c, nil); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range v.paid() {
		got = append(got, p.Nonce+"/"+p.TaskID)
	}
	if want := "old/t0 doubt/ nonce-1/task-00000001 nonce-2/ removed/"; strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if text := (Paid{Address: task.Address{Name: "a"}, TaskID: "t\x1b"}).String(); strings.Contains(text, "\x1b") || !strings.Contains(text, "price not known") {
		t.Errorf("%q", text)
	}
}

func TestACopyThatASyncSetAsideIsTold(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	charged(t, s, running(1))
	closeStore(t, s)
	dir := filepath.Dir(path)
	for _, name := range []string{"jobs.state (Ann's conflicted copy 2026-11-22).json", "jobs.state.sync-conflict-20261122-120000-ABC.json", "jobs.state.sync-conflict-1.journal"} {
		from := path
		if strings.HasSuffix(name, ".journal") {
			from = s.Paths().Journal
		}
		write(t, filepath.Join(dir, name), contents(t, from))
	}
	write(t, filepath.Join(dir, "jobs.state.conflict-notes.txt"), []byte("nothing of ours"))
	write(t, filepath.Join(dir, "other (conflicted copy).json"), contents(t, path))
	s = open(t, path)
	if got := s.Notices(); len(got) != 3 || !strings.Contains(got[0], "cloud sync") {
		t.Errorf("notices: %q", got)
	}
	closeStore(t, s)
	os.Remove(filepath.Join(dir, "jobs.state.sync-conflict-1.journal"))
	if c, err := Read(path); err != nil || len(c.Notices) != 2 {
		t.Errorf("%v, %v", c, err)
	}
}

func TestPaidSaysWhatItIsWithAndWithoutATaskID(t *testing.T) {
	for want, p := range map[string]Paid{
		`task "task_1" of task.hero[1] ($0.03)`:                         {Address: address(1), TaskID: "task_1", Nonce: "n", Cost: 30_000, Priced: true},
		`submit n of task.hero[1], without a task ID ($0.03)`:           {Address: address(1), Nonce: "n", Cost: 30_000, Priced: true},
		`submit n of task.hero[1], without a task ID (price not known)`: {Address: address(1), Nonce: "n"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
