package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// watchedStatus is a run in which everything happens.
func watchedStatus() Status {
	s := sampleStatus()
	s.Holder = &state.LockInfo{Operation: "apply", PID: 4711, Since: noon.Add(-3 * time.Minute)}
	s.Usual = func(r task.Request) time.Duration { return 100 * time.Second }
	for n, wait := range []time.Duration{40, 3000, 70} {
		s.Records = append(s.Records, state.Record{
			Address: address("clip", fmt.Sprintf("猫 %d", n)), Status: state.Running, TaskID: "task_run", AcceptedAt: noon.Add(-wait * time.Second), Cost: 8 * cent, Priced: true,
		})
	}
	for n := range 9 {
		s.Records = append(s.Records, state.Record{
			Address: address("clip", fmt.Sprint(n)), Status: state.Failed, TaskID: "task_bad", Cost: 8 * cent, Priced: true, FinishedAt: noon.Add(-time.Duration(n) * time.Minute),
			Failure: &task.Failure{Reason: task.ContentPolicy, Code: "NSFW", Message: "no\x1b[2J"},
		})
	}
	return s
}

func TestWatchedStatusTellsWhatMattersNow(t *testing.T) {
	var b bytes.Buffer
	WriteWatched(&b, plain, watchedStatus(), ", every 2s")
	golden(t, "status-watched.txt", b.String())
	fits(t, b.String())
	narrow := plain
	narrow.Width = 20
	b.Reset()
	WriteWatched(&b, narrow, watchedStatus(), ", every 2s")
	golden(t, "status-watched-20.txt", b.String())
}

func TestStatusTellsAgeAndTimeToGo(t *testing.T) {
	s := watchedStatus()
	var got []string
	for _, r := range s.running() {
		got = append(got, s.ageText(r))
	}
	want := []string{"50m0s ago, usually 1m40s", "1m30s ago, about 10s to go", "1m10s ago, about 30s to go", "40s ago, about 1m0s to go"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	s.Usual = nil
	if got := s.ageText(s.running()[0]); got != "50m0s ago" {
		t.Errorf("got %q", got)
	}
	if got := ago(-time.Hour); got != "0s ago" {
		t.Errorf("a clock that was set back: %q", got)
	}
}

// A task that runs on for an earlier input is paid for like any other. Of one that a late
// answer named, it may not be known when it was accepted.
func TestStatusListsWhatRunsForAnEarlierInput(t *testing.T) {
	ended := task.Result{URLs: []string{"https://x/0", "https://x/1"}, ReceivedAt: noon.Add(-time.Hour)}
	expired := task.Result{URLs: ended.URLs, ReceivedAt: noon.Add(-2 * task.URLLifetime)}
	s := Status{Now: noon, Records: []state.Record{{
		Address: address("clip", "a"), Status: state.Succeeded, TaskID: "task_own", Cost: 8 * cent, Priced: true,
		Past: []state.Past{
			{TaskID: "task_done", Status: state.Succeeded, Cost: 8 * cent},
			{TaskID: "task_late", Status: state.Running, Cost: 8 * cent, SubmittedAt: noon.Add(-time.Hour)},
			{TaskID: "task_ended", Status: state.Succeeded, Cost: 8 * cent, Result: &ended, Artifacts: []state.Artifact{{Path: "a"}}},
			{TaskID: "task_expired", Status: state.Succeeded, Cost: 8 * cent, Result: &expired, Failure: &task.Failure{Reason: task.Expired}},
			{TaskID: "task_undone", Status: state.Running, Cost: 8 * cent, AcceptedAt: noon.Add(-time.Minute)},
		},
	}}}
	var b bytes.Buffer
	WriteStatus(&b, plain, s)
	for _, want := range []string{
		"1 succeeded", "2 running for an earlier input", "1 not on disk of an earlier input",
		"accepted 1h0m ago, for an earlier input, task task_late", "accepted 1m0s ago, for an earlier input, task task_undone",
		"for an earlier input: 1 of 2 files, its URLs expire in 23h", "resume",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "task_done") {
		t.Errorf("what is done is listed as running:\n%s", b.String())
	}
	b.Reset()
	if err := WriteStatusJSON(&b, s, ""); err != nil {
		t.Fatal(err)
	}
	var got statusJSON
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Running) != 2 || !got.Running[0].Earlier || got.Running[0].TaskID != "task_late" {
		t.Errorf("running: %+v", got.Running)
	}
	if one := got.NotOnDisk; len(one) != 1 || !one[0].Earlier || one[0].TaskID != "task_ended" || one[0].Missing != 1 {
		t.Errorf("not on disk: %+v", one)
	}
	if len(got.Counts) != 1 || got.Counts[state.Succeeded] != 1 {
		t.Errorf("counts: %v", got.Counts)
	}
}

// What is lost comes after what can still be fetched, and of that what expires next
// comes first.
func TestWhatExpiresNextIsFirst(t *testing.T) {
	s := Status{Now: noon}
	for name, hours := range map[string]time.Duration{"old": 30, "late": 23, "fresh": 1} {
		s.Records = append(s.Records, state.Record{
			Address: address(name, ""), Status: state.Succeeded, Result: &task.Result{URLs: []string{"u"}, ReceivedAt: noon.Add(-hours * time.Hour)},
		})
	}
	var got []string
	for _, r := range s.undelivered() {
		got = append(got, r.Address.Name)
	}
	if !slices.Equal(got, []string{"late", "fresh", "old"}) {
		t.Errorf("got %q", got)
	}
}

// frameScreen is a terminal that knows what Frames write.
type frameScreen struct {
	width int
	lines []string // the last one is that of the cursor
	tall  int      // the most rows that a frame took
}

var control = regexp.MustCompile(`^\x1b\[([0-9]*)([AJKm])`)

func (s *frameScreen) Write(text []byte) (int, error) {
	if len(s.lines) == 0 {
		s.lines = []string{""}
	}
	at := len(s.lines) - 1
	for rest := string(text); rest != ""; {
		if m := control.FindStringSubmatch(rest); m != nil {
			rest = rest[len(m[0]):]
			switch m[2] {
			case "A":
				var up int
				fmt.Sscan(m[1], &up)
				at = max(0, at-up)
			case "J":
				s.lines = append(s.lines[:at], "")
			}
			continue
		}
		char := string([]rune(rest)[0])
		rest = rest[len(char):]
		switch char {
		case "\n":
			if at++; at == len(s.lines) {
				s.lines = append(s.lines, "")
			}
			s.lines[at] = ""
		case "\r":
			s.lines[at] = ""
		default:
			if s.lines[at] += char; columns(s.lines[at]) >= s.width {
				return 0, fmt.Errorf("%q fills the line of %d columns", s.lines[at], s.width)
			}
		}
	}
	s.tall = max(s.tall, len(s.lines))
	return len(text), nil
}

// Each frame stands where the last one stood, fits into the terminal, and leaves what
// stood above alone.
func TestFramesTakeEachOthersPlace(t *testing.T) {
	coloured := Style{Color: true, Terminal: true}
	for _, size := range []struct{ width, rows int }{{80, 30}, {200, 60}, {20, 30}, {20, 5}, {7, 3}} {
		s := &frameScreen{width: size.width, lines: []string{"$", ""}}
		frames := Frames{Out: s}
		coloured.Width = size.width
		for n := range 4 {
			var b bytes.Buffer
			shown := watchedStatus()
			if n == 2 { // less than before
				shown.Records = shown.Records[:1]
			}
			WriteWatched(&b, coloured, shown, "")
			frames.Draw(b.String(), size.width, size.rows)
			if s.lines[0] != "$" {
				t.Fatalf("%v: the line above is %q", size, s.lines[0])
			}
			if got := strings.Join(s.lines, "\n"); strings.Count(got, "State") != 1 {
				t.Errorf("%v: frame %d:\n%s", size, n, got)
			}
		}
		if s.tall > size.rows+1 {
			t.Errorf("%v: %d rows", size, s.tall)
		}
	}
}

func TestLinesAreBrokenByColumns(t *testing.T) {
	for line, want := range map[string][]string{
		"":                        {""},
		"abcdef":                  {"abcde", "f"},
		"猫猫猫":                     {"猫猫", "猫"},
		"\x1b[31mabcdefg\x1b[0m":  {"\x1b[31mabcde", "fg\x1b[0m"},
		"abcde":                   {"abcde"},
		"a\u0301b\u0301cdefghijk": {"a\u0301b\u0301cde", "fghij", "k"},
	} {
		if got := breakLine(line, 5); !slices.Equal(got, want) {
			t.Errorf("%q: %q", line, got)
		}
	}
	if got := breakLine("猫a", 1); len(got) < 2 { // no place for it at all, and no end without one
		t.Errorf("got %q", got)
	}
}
