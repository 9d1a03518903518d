package view

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/cmd/apixo-batch/view/screentest"
	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// follow begins a run, and follows it until the function that it returns is called.
func follow(h *Human, p Plan, resized <-chan os.Signal) (stop func()) {
	h.Begin(p)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { h.Follow(ctx, resized) })
	return func() { cancel(); following.Wait() }
}

// settled lets time pass until everything is drawn.
func settled(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWithoutATerminalEachTaskHasALineAndSilenceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err transcript
		h := &Human{Out: io.Discard, Err: &err, OutStyle: plain, ErrStyle: plain, Every: 30 * time.Second}
		p := twoSubmits()
		p.TimeLeft = func() (time.Duration, bool) { return 42 * time.Second, true }
		stop := follow(h, p, nil)
		h.Event(event(runner.Submitted, "cat"))
		settled(h.Every)
		h.Event(event(runner.Saved, "cat"))
		h.Event(event(runner.Failed, "dog"))
		h.Event(runner.Event{Kind: runner.Slowed, Wait: time.Second})
		h.Event(runner.Event{Kind: runner.Slowed, Wait: slowEnough, Detail: "HTTP 429"})
		synctest.Wait()
		want := `
0/2 ended, 1 running, $0.03 of $0.06, ETA 45s
task.hero["cat"]: done in 9s, $0.03
task.hero["dog"]: failed: a \x1b[31mreason
Slowing down for 5s: HTTP 429
`
		if got := err.String(); got != want {
			t.Errorf("at once: got %s\nwant %s", got, want)
		}
		stop()
	})
}

func TestConciseAndSilentProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err transcript
		h := &Human{Out: io.Discard, Err: &err, OutStyle: plain, ErrStyle: plain, Concise: true}
		stop := follow(h, twoSubmits(), nil)
		settled(time.Hour)
		h.Event(event(runner.Saved, "cat"))
		h.Event(event(runner.Failed, "dog"))
		stop()
		if got, want := err.String(), "\ntask.hero[\"dog\"]: failed: a \\x1b[31mreason\n"; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

// -concise means the same beside a live area: a line that stays is one of a failure or
// of a doubt, and the area tells the rest.
func TestConciseBesideALiveArea(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(80, 24, true)
		h.Concise = true
		stop := follow(h, twoSubmits(), nil)
		h.Event(event(runner.Submitted, "cat"))
		h.Event(event(runner.Retrying, "cat"))
		h.Event(event(runner.Settled, "cat"))
		h.Event(runner.Event{Kind: runner.Slowed, Wait: 12 * time.Second, Model: "nano-banana", Detail: "HTTP 429"})
		settled(time.Second)
		h.Event(event(runner.Doubted, "dog"))
		h.Event(event(runner.Failed, "cat"))
		settled(time.Second)
		shows(t, s, "\ntask.hero[\"dog\"]: in doubt: a \\x1b[31mreason\ntask.hero[\"cat\"]: failed: a \\x1b[31mreason\n"+
			" 100% [========================]  2/2 ended, 2s\n  1 failed, 1 in doubt, $0.06 of $0.06\n  slowed by the API, next call in 10s")
		stop()
	})
}

// A run is not measured by what its budget will not let it spend.
func TestProgressCountsTowardsWhatTheBudgetLeaves(t *testing.T) {
	p := twoSubmits()
	p.Budget, p.Committed = new(10*cent), 6*cent
	if text := newTally(p).text(); !strings.Contains(text, "$0.00 of $0.04") {
		t.Error(text)
	}
}

// transcript is what was written to a stream.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *transcript) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

func (r *transcript) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// onScreen is a view with a live area on a screen.
func onScreen(columns, rows int, reflow bool) (*Human, *screentest.Screen) {
	s := screentest.New(columns, rows, reflow)
	return &Human{
		Out: io.Discard, Err: s, OutStyle: plain, ErrStyle: Style{Terminal: true, Color: true, Width: columns}, Live: true,
		Size: s.Size,
	}, s
}

func shows(t *testing.T, s *screentest.Screen, want string) {
	t.Helper()
	if s.Err() != nil || s.Cut() > 0 {
		t.Errorf("%v, %d characters cut", s.Err(), s.Cut())
	}
	if got := s.Text(); got != want {
		t.Errorf("the screen shows\n%s\nwant\n%s", got, want)
	}
}

func TestOnATerminalOnlyFailuresStayAboveTheArea(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(80, 24, true)
		p := twoSubmits()
		p.Target.Simulated = true
		p.TimeLeft = func() (time.Duration, bool) { return 131 * time.Second, true }
		stop := follow(h, p, nil)
		settled(time.Second)
		shows(t, s, "\n   0% [                        ]  SIMULATED 0/2 ended, 1s, ETA 2m20s\n  $0.00 of $0.06")
		h.Event(event(runner.Submitted, "cat"))
		h.Event(event(runner.Failed, "dog"))
		h.Event(runner.Event{Kind: runner.Slowed, Wait: 12 * time.Second, Model: "nano-banana", Detail: "HTTP 429"})
		settled(time.Second)
		above := "\nSIMULATED task.hero[\"dog\"]: failed: a \\x1b[31mreason\nSIMULATED Slowing down for 12s: HTTP 429"
		shows(t, s, above+"\n  50% [===========>            ]  SIMULATED 1/2 ended, 2s, ETA 2m20s\n"+
			"  1 failed, 1 running, $0.03 of $0.06\n  slowed by the API, next call in 11s")
		h.Event(runner.Event{Kind: runner.Slowed, Wait: 11 * time.Second, Model: "nano-banana", Detail: "HTTP 429, once more"})
		settled(11 * time.Second)
		h.Event(event(runner.Succeeded, "cat"))
		settled(time.Second)
		shows(t, s, above+"\n  50% [===========>            ]  SIMULATED 1/2 ended, 14s, ETA 2m20s\n  1 failed, 1 downloading, $0.03 of $0.06")
		h.Event(event(runner.Saved, "cat"))
		settled(time.Second)
		shows(t, s, above+"\n 100% [========================]  SIMULATED 2/2 ended, 15s\n  1 done, 1 failed, $0.03 of $0.06")
		stop()
		h.Summary(Summary{Operation: "apply", Summary: runner.Summary{Done: 1}})
		shows(t, s, above)
		if column, row := s.Cursor(); column != 0 || row != 3 {
			t.Errorf("the cursor is at %d, %d", column, row)
		}
	})
}

func TestALogGoesAboveTheAreaLineByLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(100, 24, true)
		Log(h, []byte("level=INFO msg=begun\n"))
		stop := follow(h, twoSubmits(), nil)
		want := "level=INFO msg=begun\n"
		for i := range 3 {
			line := "level=DEBUG msg=status state=processing elapsed_seconds=0.123456789 address=task.hero[cat]\n"
			Log(h, []byte(line))
			settled(time.Second)
			want += "\n" + strings.TrimSuffix(line, "\n")
			shows(t, s, want+fmt.Sprintf("\n   0%% [                        ]  0/2 ended, %ds\n  $0.00 of $0.06", i+1))
		}
		stop()
		h.Summary(Summary{Operation: "apply"})
		shows(t, s, want)
	})
}

// hostile is text from outside that a terminal would obey, or that is wide.
const hostile = "\x1b[2J\x1b[31m\a\b\r\n\t日本語 \u202egpj.exe\u2066 👩‍👩‍👧 e\u0301 \xff\xfe \u009b31m ﷽"

// Whatever happens on a terminal of any size, what stays is whole and in order, and
// nothing else does.
func TestTheAreaLeavesNothingBehindOnAnyTerminal(t *testing.T) {
	for _, reflow := range []bool{true, false} {
		for columns, rows := range map[int]int{200: 60, 80: 24, 41: 5, 20: 24, 7: 3, 2: 9, 1: 1} {
			t.Run(fmt.Sprintf("reflow=%v,%dx%d", reflow, columns, rows), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { stormyRun(t, columns, rows, reflow) })
			})
		}
	}
}

// stormyRun makes events and log lines, of hostile text too, and shows that the area
// is always what follows the lines that stay.
func stormyRun(t *testing.T, columns, rows int, reflow bool) {
	h, s := onScreen(columns, rows, reflow)
	p := Plan{Plan: largePlan(), Target: Target{Path: "jobs.hcl", Simulated: true}, Operation: "apply"}
	p.TimeLeft = func() (time.Duration, bool) { return time.Since(noon).Abs() % (2 * time.Hour), true }
	style := h.ErrStyle // whose width changes with the terminal's
	stop := follow(h, p, nil)
	defer stop()
	stays := screentest.New(columns, rows, reflow) // a terminal without an area
	io.WriteString(stays, "\n")
	random := rand.New(rand.NewPCG(1, uint64(columns)))
	kinds := []runner.EventKind{runner.Submitted, runner.Succeeded, runner.Saved, runner.Failed, runner.Doubted, runner.Slowed, runner.Retrying}
	slowed := false // only the first is told of
	for range 40 {
		e := event(kinds[random.IntN(len(kinds))], hostile)
		e.Address = task.Address{Name: "frame", Key: task.IndexKey(random.IntN(320))}
		e.Detail, e.Wait, e.Model = hostile, time.Duration(random.IntN(90))*time.Second, "kling\x1b日"
		h.Event(e)
		if text := (&Human{ErrStyle: style, Live: true}).eventText(e); text != "" && (e.Kind != runner.Slowed || !slowed) {
			slowed = slowed || e.Kind == runner.Slowed
			io.WriteString(stays, style.Fold("SIMULATED "+text)+"\n")
		}
		if random.IntN(4) == 0 {
			line := fmt.Sprintf("level=DEBUG msg=%q\n", hostile)
			Log(h, []byte(line))
			io.WriteString(stays, line)
		}
		settled(time.Duration(random.IntN(3000)) * time.Millisecond)
		if random.IntN(2) == 0 {
			continue // several at once
		}
		settled(time.Second)
		if !strings.HasPrefix(s.Text()+"\n", stays.Text()+"\n") {
			t.Fatalf("the screen shows\n%s\nwhat stays is\n%s", s.Text(), stays.Text())
		}
		area := strings.TrimPrefix(s.Text(), stays.Text())
		h.writing.Lock()
		lines := h.area.lines
		h.writing.Unlock()
		want := "\n" + colour.ReplaceAllString(strings.Join(lines, "\n"), "")
		if area != strings.TrimRight(want, " \n") || len(lines) > max(1, rows-1) {
			t.Fatalf("the area is %q, want %q", area, want)
		}
	}
	stop()
	h.Summary(Summary{Operation: "apply"})
	shows(t, s, stays.Text())
}

// A terminal that gets another size while the area stands has broken or cut its lines
// by the time that anybody hears of it, and shows a ^C where the cursor is.
func TestTheAreaLeavesNothingBehindWhenTheTerminalIsResized(t *testing.T) {
	for _, reflow := range []bool{true, false} {
		t.Run(fmt.Sprintf("reflow=%v", reflow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, s := onScreen(80, 24, reflow)
				resized := make(chan os.Signal, 1)
				p := Plan{Plan: largePlan(), Target: Target{Path: "jobs.hcl", Simulated: true}, Operation: "apply"}
				stop := follow(h, p, resized)
				defer stop()
				random := rand.New(rand.NewPCG(2, 3))
				for i := range 160 {
					e := runner.Event{Kind: runner.Submitted, Address: task.Address{Name: "frame", Key: task.IndexKey(i)}, Record: state.Record{Cost: cent}}
					h.Event(e)
					if i%20 == 0 {
						h.Note(fmt.Sprintf("note %d", i))
					}
					settled(time.Duration(random.IntN(400)) * time.Millisecond)
					s.Resize(15+random.IntN(100), 4+random.IntN(30))
					if i%7 == 0 {
						io.WriteString(s, "^C")
					}
					if i%2 == 0 {
						resized <- os.Interrupt // any signal
					}
				}
				settled(time.Second)
				if n := strings.Count(s.Text(), " ended,"); n != 1 {
					t.Errorf("%d areas are on the screen:\n%s", n, s.Text())
				}
				stop()
				h.Summary(Summary{Operation: "apply"})
				want := ""
				for i := 0; i < 160; i += 20 {
					want += fmt.Sprintf("\nnote %d", i)
				}
				shows(t, s, want)
			})
		})
	}
}

// What was measured for a wider terminal than it is now is cut, and breaks nothing.
func TestAnAreaThatIsTooWideIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(30, 24, true)
		h.Size = func() (int, int, bool) { return 80, 24, true }
		stop := follow(h, twoSubmits(), nil)
		h.Note("a note")
		settled(3 * time.Second)
		if got, want := s.Text(), "\na note\n   0% [\n  $0.00 of $0.06"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		stop()
		h.Summary(Summary{Operation: "apply"})
		if got := s.Text(); got != "\na note" || s.Err() != nil {
			t.Errorf("%q stays, %v", got, s.Err())
		}
	})
}

// stalled is a stream that nobody reads until it is let go.
type stalled struct {
	bytes.Buffer
	let chan struct{}
}

func (s *stalled) Write(text []byte) (int, error) {
	<-s.let
	return s.Buffer.Write(text)
}

// A run goes on while nobody reads of it, as on a terminal that is stopped by Ctrl-S,
// and nothing that was to stay is lost.
func TestNobodyWaitsForWhoeverReads(t *testing.T) {
	for _, live := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			err := &stalled{let: make(chan struct{}, 1)}
			err.let <- struct{}{} // for what comes before the run
			h := &Human{Out: io.Discard, Err: err, OutStyle: plain, ErrStyle: plain, Live: live}
			stop := follow(h, twoSubmits(), nil)
			began := time.Now()
			for i := range 1000 {
				h.Event(event(runner.Failed, fmt.Sprint(i)))
				Log(h, []byte("a line\n"))
				h.Note("a note")
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("the run waited %v", waited)
			}
			close(err.let)
			stop()
			text := err.String()
			if n := strings.Count(text, "failed: a "); n != 1000 {
				t.Errorf("%d failures are told of", n)
			}
			if strings.Count(text, "a line\n") != 1000 || strings.Count(text, "a note\n") != 1000 {
				t.Error("lines are missing")
			}
		})
	}
}

func TestABacklogIsBoundedAndSaysWhatIsLeftOut(t *testing.T) {
	var l backlog
	for range 20 {
		l.add(message{text: strings.Repeat("x", 1<<20)})
	}
	text := l.take(plain)
	if len(text) > maxBacklog+100 || !strings.HasSuffix(text, "x\n... 4 messages left out here: nobody was reading\n") {
		t.Errorf("%d bytes, ending in %q", len(text), text[len(text)-100:])
	}
	l.add(message{text: "again"})
	if got := l.take(plain); got != "again\n" {
		t.Errorf("%q", got)
	}
}

// Who leaves at once has the last word, whatever is still on its way.
func TestNothingIsDrawnAfterTheLastWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(80, 24, true)
		stop := follow(h, twoSubmits(), nil)
		settled(time.Second)
		h.Note("before")
		h.Error("left at once")
		h.Event(runner.Event{Kind: runner.Failed, Address: task.Address{Name: "late"}}) // of a run that goes on until the process ends
		settled(time.Minute)
		shows(t, s, "\nbefore\nError: left at once")
		stop()
		shows(t, s, "\nbefore\nError: left at once")
	})
}

// Where nothing changes nothing is sent, and a change costs no more than the area.
func TestWhatTheAreaSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err transcript
		h := &Human{Out: io.Discard, Err: &err, OutStyle: plain, ErrStyle: Style{Terminal: true, Width: 80}, Live: true}
		stop := follow(h, twoSubmits(), nil)
		settled(500 * time.Millisecond)
		first := len(err.String())
		settled(400 * time.Millisecond)
		if n := len(err.String()) - first; n != 0 {
			t.Errorf("%d bytes were sent although nothing had changed", n)
		}
		settled(5 * time.Minute)
		if perSecond := len(err.String()) / 300; perSecond < 10 || perSecond > 150 {
			t.Errorf("%d bytes a second", perSecond)
		}
		stop()
	})
}

func TestFlow(t *testing.T) {
	parts := []part{{text: "SIMULATED 3/9 done"}, {text: "日本語 failed"}, {text: "1 running"}}
	for width, want := range map[int]string{
		80: "SIMULATED 3/9 done, 日本語 failed, 1 running",
		33: "SIMULATED 3/9 done,\n日本語 failed, 1 running",
		20: "SIMULATED 3/9 done,\n日本語 failed,\n1 running",
		10: "SIMULAT...\n日本語 ...\n1 running",
		2:  "S.\n..\n1.",
	} {
		if got := strings.Join(flow(parts, width), "\n"); got != want && width != 2 {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
		}
		for _, line := range flow(parts, width) {
			if columns(line) > width {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}

func TestRoughly(t *testing.T) {
	for seconds, want := range map[float64]time.Duration{
		0.3: 5 * time.Second, 59: time.Minute, 61: 70 * time.Second, 601: 11 * time.Minute, 3601: 65 * time.Minute,
	} {
		if got := roughly(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("%v s: %v, want %v", seconds, got, want)
		}
	}
}

// The pause of the model that waits longest is told, by its name if there are several.
func TestThePauseThatIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := newTally(twoSubmits())
		tally.add(runner.Event{Kind: runner.Slowed, Model: "sora-2", Wait: 30 * time.Second})
		tally.add(runner.Event{Kind: runner.Slowed, Model: "kling", Wait: 900 * time.Millisecond})
		if got, want := tally.text(), "0/2 ended, $0.00 of $0.06, slowed by the API, next call in 30s"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		tally.several = true
		time.Sleep(17500 * time.Millisecond)
		if got, want := tally.text(), "0/2 ended, $0.00 of $0.06, slowed by the API, next call in 13s (sora-2)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(12 * time.Second)
		if got, want := tally.text(), "0/2 ended, $0.00 of $0.06"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// The percentage and the count beside it are of the same, on terminals of any width; how
// it ended is said below.
func TestTheAreaCountsWhatItsPercentageIsOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := newTally(Plan{Plan: largePlan(), Target: Target{Path: "jobs.hcl"}})
		for i := range 40 {
			e := event(runner.Saved, "")
			if e.Address = (task.Address{Name: "frame", Key: task.IndexKey(i)}); i >= 33 {
				e.Kind = runner.Failed
			}
			tally.add(e)
		}
		tally.total = 93
		for width, want := range map[int]string{
			20:  "40/93 ended, 0s\n33 done, 7 failed,\n$0.00 of $14.20",
			80:  "  43% [=========>              ]  40/93 ended, 0s\n  33 done, 7 failed, $0.00 of $14.20",
			200: "  43% [=========>              ]  40/93 ended, 0s\n  33 done, 7 failed, $0.00 of $14.20",
		} {
			if got := strings.Join(tally.live(Style{Width: width}, 24), "\n"); got != want {
				t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
			}
		}
		if got, want := tally.text(), "40/93 ended, 33 done, 7 failed, $0.00 of $14.20"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
