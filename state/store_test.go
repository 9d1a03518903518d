package state

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

func newPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "jobs.state.json")
}

// odd is a record with everything that JSON and indentation could spoil.
func odd() Record {
	r := succeeded(7)
	r.Address = task.Address{Name: "été", Key: task.TextKey("a \"b\" ${x} \u2028 <&> 猫\n")}
	r.Request.Input = json.RawMessage(`{"a":[1.50,-0,1e400,{"b":"<&>\u2028\n"}],"prompt":"two\nlines  <b>"}`)
	r.Fingerprint = r.Request.Fingerprint()
	r.Result.Raw = json.RawMessage(`{"resultUrls":["https://x.example/?a=1&b=2"],"seed":12345678901234567890}`)
	r.RefreshedURLs = []string{"https://x.example/new?a=1&b=2"}
	r.Past = []Past{{Nonce: "old", TaskID: "t0", Status: Succeeded, Cost: 5, SubmittedAt: noon, Result: &task.Result{URLs: []string{"u"}, Raw: json.RawMessage(`{"a":[1,2]}`), ReceivedAt: noon}}}
	return r
}

func TestWhatIsCommittedIsReadBack(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	failed := running(3)
	failed.Status, failed.Failure = Failed, &task.Failure{Reason: task.ContentPolicy, Code: "Content\x1b[31m", Message: "no", Retryable: true}
	want := []Record{odd(), failed, succeeded(10), succeeded(2)}
	put(t, s, want...)
	want = s.Records()
	if want[0].Address.Key != address(2).Key || len(want) != 4 {
		t.Errorf("records are not sorted by address: %v", want)
	}
	check := func(when string, got []Record) {
		if d := diff(want, got); d != "" {
			t.Errorf("%s:\n%s", when, d)
		}
		for i := range got {
			if got[i].Request.Fingerprint() != want[i].Request.Fingerprint() {
				t.Errorf("%s: the request of %s has another fingerprint", when, got[i].Address)
			}
		}
	}
	header := s.Header()
	crash(t, s)
	s = open(t, path)
	check("from the journal", s.Records())
	closeStore(t, s)
	for range 2 { // written from what was read, too
		s = open(t, path)
		check("from the snapshot", s.Records())
		put(t, s, running(99))
		commit(t, s, Change{Op: "remove", Remove: []task.Address{address(99)}})
		closeStore(t, s)
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	check("by Read", c.Records)
	if c.Header.Lineage != header.Lineage || c.Header.MaskKey != header.MaskKey || !c.Header.Created.Equal(header.Created) {
		t.Errorf("the header changed from %+v to %+v", header, c.Header)
	}
	if c.Header.Serial != 3 || c.Header.Changes != 5 {
		t.Errorf("serial %d and changes %d, want 3 and 5", c.Header.Serial, c.Header.Changes)
	}
}

func TestRecordsAreFoundOneByOne(t *testing.T) {
	s := open(t, newPath(t))
	defer s.Close()
	put(t, s, running(1))
	if r, ok := s.Record(address(1)); !ok || r.TaskID != running(1).TaskID {
		t.Errorf("Record gives %+v, %v", r, ok)
	}
	if _, ok := s.Record(address(2)); ok {
		t.Error("there is a record that nobody put")
	}
}

func TestCallersCannotReachIntoTheStore(t *testing.T) {
	s := open(t, newPath(t))
	defer s.Close()
	batch := []Record{running(1)}
	put(t, s, batch...)
	commit(t, s, Change{Op: "again", Put: batch})
	batch[0].TaskID = "changed by the caller"
	s.Records()[0].TaskID = "changed by a reader"
	if r, _ := s.Record(address(1)); r.TaskID != running(1).TaskID {
		t.Errorf("the store's record was changed to %q from outside", r.TaskID)
	}
}

func TestRenameIsOneChange(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1), succeeded(2))
	one, two := running(1), succeeded(2)
	one.Address, two.Address = two.Address, one.Address
	commit(t, s, Change{Op: "moved", Remove: []task.Address{address(1), address(2)}, Put: []Record{one, two}})
	crash(t, s)
	s = open(t, path)
	defer s.Close()
	if r, _ := s.Record(address(1)); r.Status != Succeeded {
		t.Errorf("after the swap %s is %s", r.Address, r.Status)
	}
	if r, _ := s.Record(address(2)); r.Status != Running {
		t.Errorf("after the swap %s is %s", r.Address, r.Status)
	}
}

func TestImpossibleChangesAreRefusedWhole(t *testing.T) {
	nameless, unknown := running(1), running(1)
	nameless.Address, unknown.Status = task.Address{}, "paused"
	broken := running(1)
	broken.Request.Input = json.RawMessage(`{"a":`)
	for name, c := range map[string]Change{
		"no address":            {Put: []Record{nameless}},
		"unknown status":        {Put: []Record{unknown}},
		"twice in one change":   {Put: []Record{running(1), running(1)}},
		"remove nothing":        {Remove: []task.Address{address(5)}},
		"remove twice":          {Remove: []task.Address{address(0), address(0)}},
		"input is not JSON":     {Put: []Record{broken}},
		"entry without nonce":   {Put: []Record{running(1)}, Money: []Entry{money(Reserve, "", 1)}},
		"negative cost":         {Put: []Record{running(1)}, Money: []Entry{money(Reserve, "x", -1)}},
		"reserved twice":        {Put: []Record{running(1)}, Money: []Entry{money(Reserve, "n", 1)}},
		"reserved twice in one": {Put: []Record{running(1)}, Money: []Entry{money(Reserve, "x", 1), money(Reserve, "x", 1)}},
		"released, not known":   {Put: []Record{running(1)}, Money: []Entry{money(Release, "x", 1)}},
		"unknown kind":          {Put: []Record{running(1)}, Money: []Entry{money("refund", "n", 1)}},
		"entry without address": {Put: []Record{running(1)}, Money: []Entry{{Kind: Reserve, Nonce: "x"}}},
		"address with a space":  {Put: []Record{{Address: task.Address{Name: "a b"}, Status: Running}}},
		"key that is not UTF-8": {Put: []Record{{Address: task.Address{Name: "a", Key: task.TextKey("\xff")}, Status: Running}}},
		"nested too deeply":     {Put: []Record{nested(9_999)}},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := open(t, path)
			defer s.Close()
			commit(t, s, Change{Op: "before", Put: []Record{running(0)}, Money: []Entry{money(Reserve, "n", 5)}})
			before := contents(t, s.Paths().Journal)
			if err := s.Commit(c); err == nil {
				t.Fatal("it was accepted")
			}
			if len(s.Records()) != 1 || s.Committed() != 5 || string(contents(t, s.Paths().Journal)) != string(before) {
				t.Error("a part of it was carried out")
			}
			put(t, s, running(3))
		})
	}
}

func money(kind EntryKind, nonce string, cost task.Cost) Entry {
	return Entry{Kind: kind, Nonce: nonce, Address: address(1), Cost: cost, At: noon}
}

// nested is a record whose result is an array in an array in an array ...
func nested(levels int) Record {
	r := succeeded(1)
	r.Result.Raw = json.RawMessage(strings.Repeat("[", levels) + strings.Repeat("]", levels))
	return r
}

func TestADeeplyNestedResultIsKeptAndStaysSmall(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	want := nested(9_900)
	put(t, s, want)
	closeStore(t, s)
	if info, err := os.Stat(path); err != nil || info.Size() > 100_000 {
		t.Errorf("the snapshot has %d bytes, %v", info.Size(), err)
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff([]Record{want}, c.Records); d != "" {
		t.Error(d)
	}
}

func TestLedger(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	entry := func(kind EntryKind, nonce string, cost task.Cost, priced bool) Entry {
		return Entry{Kind: kind, Nonce: nonce, Address: address(1), Model: "m", Run: "r1", Cost: cost, Priced: priced, At: noon}
	}
	steps := []struct {
		name  string
		entry Entry
		want  task.Cost
	}{
		{"reserve", entry(Reserve, "a", 100, true), 100},
		{"another", entry(Reserve, "b", 50, true), 150},
		{"charge leaves an unpriced amount", entry(Charge, "a", 0, false), 150},
		{"charge sets the exact price", entry(Charge, "b", 40, true), 140},
		{"release after a charge", entry(Release, "a", 0, false), 40},
		{"charge after a release counts again", entry(Charge, "a", 0, false), 140},
		{"charge without a reservation is not lost", entry(Charge, "c", 7, true), 147},
		{"unpriced", entry(Reserve, "d", 0, false), 147},
		{"release before a charge", entry(Release, "b", 0, false), 107},
	}
	for _, step := range steps {
		commit(t, s, Change{Op: "money", Money: []Entry{step.entry}})
		if got := s.Committed(); got != step.want {
			t.Errorf("%s: committed is %s, want %s", step.name, got, step.want)
		}
	}
	put(t, s, running(1))
	commit(t, s, Change{Op: "rm", Remove: []task.Address{address(1)}})
	want := s.Spends()
	var order []string
	for _, row := range want {
		order = append(order, row.Nonce)
	}
	if fmt.Sprint(order) != "[a b c d]" {
		t.Errorf("rows are %v, want the order of first reservation", order)
	}
	crash(t, s)
	for _, from := range []string{"journal", "snapshot"} {
		s = open(t, path)
		if d := diff(want, s.Spends()); d != "" || s.Committed() != 107 {
			t.Errorf("from the %s: committed %s\n%s", from, s.Committed(), d)
		}
		closeStore(t, s)
	}
	if c, err := Read(path); err != nil || c.Committed() != 107 {
		t.Errorf("Read: %v, %v", c, err)
	}
}

func TestEndpointIsSetOnce(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	for range 2 {
		if err := s.SetEndpoint("api.apixo.ai"); err != nil {
			t.Fatal(err)
		}
	}
	crash(t, s)
	for range 2 {
		s = open(t, path)
		var wrong *EndpointError
		if err := s.SetEndpoint("simulated"); !errors.As(err, &wrong) || wrong.Recorded != "api.apixo.ai" || wrong.Path != path {
			t.Errorf("error is %v", err)
		}
		if err := s.SetEndpoint("api.apixo.ai"); err != nil || s.Header().Endpoint != "api.apixo.ai" {
			t.Errorf("endpoint %q, %v", s.Header().Endpoint, err)
		}
		closeStore(t, s)
	}
}

func TestSubmittingIsInDoubtAfterACrashAndStaysSo(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, submitting(1), running(2), submitting(3))
	crash(t, s)

	s = open(t, path)
	for _, i := range []int{1, 3} {
		r, _ := s.Record(address(i))
		if r.Status != InDoubt || r.Doubt == nil || r.Doubt.Since.IsZero() || r.Doubt.Cause != AbandonedCause {
			t.Errorf("%s is %s, %+v", r.Address, r.Status, r.Doubt)
		}
	}
	if r, _ := s.Record(address(2)); r.Status != Running {
		t.Errorf("%s is %s", r.Address, r.Status)
	}
	if len(s.Notices()) != 1 {
		t.Errorf("notices: %q", s.Notices())
	}
	crash(t, s) // it is on disk, not only in memory
	if c, err := Read(path); err != nil || c.Records[0].Status != InDoubt {
		t.Errorf("on disk: %v, %v", c, err)
	}
}

func TestNothingIsWrittenWhenNothingChanged(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	closeStore(t, s)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty state got a snapshot: %v", err)
	}
	s = open(t, path)
	put(t, s, running(1))
	closeStore(t, s)
	before := files(t, s.Paths())
	closeStore(t, open(t, path))
	if d := diff(before, files(t, s.Paths())); d != "" {
		t.Error(d)
	}
}

func TestCloseLeavesPrivateFilesAndTheBackup(t *testing.T) {
	path := newPath(t)
	for i := range 3 {
		before, _ := os.ReadFile(path)
		s := open(t, path)
		put(t, s, running(i))
		closeStore(t, s)
		if i > 0 && string(contents(t, s.Paths().Backup)) != string(before) {
			t.Error("the backup is not the snapshot before")
		}
		if err := s.Commit(Change{Op: "late"}); !errors.Is(err, ErrClosed) {
			t.Errorf("Commit after Close: %v", err)
		}
		if err := s.Close(); !errors.Is(err, ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		if info, _ := entry.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
	}
	if got := strings.Join(names, " "); got != "jobs.state.journal jobs.state.json jobs.state.json.backup" {
		t.Errorf("files: %s", got)
	}
}

func TestUnknownFieldsSurvive(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	commit(t, s, Change{Op: "x", Put: []Record{running(1), running(2)}, Money: []Entry{money(Reserve, "n", 3), money(Reserve, "m", 3)}})
	closeStore(t, s)
	text := string(contents(t, path))
	for old, changed := range map[string]string{
		`"records": [`:     "\"region\": {\n    \"name\": \"eu\"\n  },\n  \"records\": [",
		`"nonce": "n",`:    `"nonce": "n", "currency": "EUR",`,
		`"attempt": 1,`:    `"attempt": 1, "priority": {"of": [1, 2]},`,
		`"mode": "text-to`: `"mode": "text-to`,
	} {
		text = strings.Replace(text, old, changed, 1)
	}
	write(t, path, reseal(text))
	write(t, s.Paths().Journal, nil)
	os.Remove(s.Paths().Journal)

	s = open(t, path)
	put(t, s, running(2)) // another one
	commit(t, s, Change{Op: "money", Money: []Entry{money(Charge, "m", 0)}})
	closeStore(t, s)
	text = string(contents(t, path))
	for _, want := range []string{"\"region\": {\n    \"name\": \"eu\"\n  },", `"currency": "EUR"`, `"priority": {"of": [1, 2]}`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%s is gone:\n%s", want, text)
		}
	}
	if !json.Valid([]byte(text)) {
		t.Error("the snapshot is not JSON")
	}
}

func TestUnknownFieldsInTheJournalSurvive(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	put(t, s, running(1))
	crash(t, s)
	lines := strings.SplitAfter(string(contents(t, s.Paths().Journal)), "\n")
	line := strings.Replace(lines[1][:strings.LastIndex(lines[1], `,"c":`)], `"attempt":1,`, `"attempt":1,"priority":{"of":[1,2]},`, 1)
	sealed, _ := seal([]byte(line))
	write(t, s.Paths().Journal, append([]byte(lines[0]), sealed...))
	closeStore(t, open(t, path))
	if text := string(contents(t, path)); !strings.Contains(text, `"priority": {`) {
		t.Errorf("the field is gone:\n%s", text)
	}
}

// reseal gives an edited snapshot the checksum that belongs to it.
func reseal(text string) []byte {
	content, _, _ := strings.Cut(text, checksumLead)
	w := &snapshotWriter{out: new(strings.Builder), sum: sha256.New()}
	w.text(content)
	w.finish()
	return []byte(w.out.(*strings.Builder).String())
}
