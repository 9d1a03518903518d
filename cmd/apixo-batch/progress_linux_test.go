package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"apixo-batch/cmd/apixo-batch/view/screentest"
	"apixo-batch/runner/simulator"
)

// look lets the terminal be seen as a screen of a size.
func (term *terminal) look(t *testing.T, columns, rows int, reflow bool) {
	t.Helper()
	term.mu.Lock()
	term.screen = screentest.New(columns, rows, reflow)
	term.mu.Unlock()
	term.resize(t, columns, rows)
}

// resize gives the terminal another size, as its window would.
func (term *terminal) resize(t *testing.T, columns, rows int) {
	t.Helper()
	term.screen.Resize(columns, rows)
	conn, err := term.seat.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	size := struct{ rows, columns, x, y uint16 }{uint16(rows), uint16(columns), 0, 0}
	err = conn.Control(func(fd uintptr) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
			t.Error(errno)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// jobsToWatch have prompts, keys and failures that a terminal would obey, or that are
// wider than they have characters.
const jobsToWatch = `
batch {
  parallelism = 8
}
task "ship" {
  model = "nano-banana"
  count = 24
  input = {
    mode         = "text-to-image"
    prompt       = "ship ${count.index} \u001b[2J\u001b[31m\u0007\r\n\u202e 日本語 👩‍👩‍👧 [sim:latency=${15 + 5 * count.index}s]"
    aspect_ratio = "1:1"
  }
}
task "wreck" {
  model    = "nano-banana"
  for_each = toset(["日本語の鍵", "a \u001b[2J key", "👩‍👩‍👧 \u202egnp.exe"])
  input    = { mode = "text-to-image", prompt = "wreck ${each.key} [sim:fail=Wrecked,message=失敗 しました 失敗 しました 失敗]", aspect_ratio = "1:1" }
}
`

var (
	areaOfRun = regexp.MustCompile(`\d+/27 ended`)
	barOfArea = regexp.MustCompile(`\d+% \[`)
)

type terminalCase struct {
	columns, rows int
	log           string
	resizes       bool
	reflow        bool
}

// On a real terminal of any size, with a log in between and while it gets other sizes,
// there is one area at most, and at the end nothing of it.
func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for _, c := range []terminalCase{
		{200, 50, "", false, true},
		{80, 24, "debug", false, true},
		{20, 24, "", false, false},
		{100, 30, "debug", true, true},
		{100, 30, "", true, false},
	} {
		t.Run(fmt.Sprintf("%d,log=%s,resizes=%v", c.columns, c.log, c.resizes), func(t *testing.T) {
			t.Parallel()
			// A resize between a look at the size and the write that follows cannot be told
			// from here, nor by the program: one run in three may meet it.
			tries := 1
			if c.resizes {
				tries = 3
			}
			for try := range tries {
				rubbish := watched(t, b, c)
				if rubbish == "" {
					break
				}
				t.Logf("run %d: %s", try+1, rubbish)
				if try == tries-1 {
					t.Error("it is so each time")
				}
			}
		})
	}
}

// watched is a run with much to show on a terminal. It returns what was wrong with
// what stood there.
func watched(t *testing.T, b *bank, c terminalCase) (rubbish string) {
	t.Helper()
	a := b.open(t, simulator.Config{Speed: 30})
	a.write(t, "jobs.hcl", jobsToWatch)
	term := newTerminal(t)
	term.look(t, c.columns, c.rows, c.reflow)
	cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
	cmd.Env = append(cmd.Env, "TERM=xterm", "CI=", "APIXO_LOG="+c.log)
	term.start(t, cmd)
	ended := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() { cmd.Wait(); close(ended) })
	areas := 0
	for open := true; open; {
		select {
		case <-ended:
			open = false
		case <-time.After(50 * time.Millisecond): // a real process lives in real time
		}
		switch n := len(areaOfRun.FindAllString(term.screen.Text(), -1)); {
		case n > 1 && rubbish == "":
			rubbish = fmt.Sprintf("%d areas are on the screen:\n%s", n, term.screen.Text())
		case n == 1:
			areas++
		}
		if c.resizes && open {
			term.resize(t, 30+rand.IntN(120), 8+rand.IntN(40))
		}
	}
	waiting.Wait()
	term.await(t, "Balance:")
	if areas == 0 {
		t.Error("there was no area")
	}
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	cutOff := c.resizes && !c.reflow // the terminal keeps no more than its narrowest width showed
	if text := term.screen.Text(); !cutOff && strings.Count(strings.Join(strings.Fields(text), ""), "failed:unclassified(Wrecked:") != 3 {
		t.Errorf("3 failures stay, not what is in\n%s", text)
	}
	if j := a.judge(t); j.succeeded != 24 {
		t.Errorf("%+v", j)
	}
	return cmp.Or(rubbish, term.rubbish(t, !c.resizes))
}

// rubbish is what is left of an area. Nothing may have been sent that a terminal might
// not take as it was meant, nor, with fits, a line of an area that was wider than it.
func (term *terminal) rubbish(t *testing.T, fits bool) string {
	t.Helper()
	text := term.screen.Text()
	if err := term.screen.Err(); err != nil {
		t.Error(err)
	}
	if n := term.screen.Cut(); fits && n > 0 {
		t.Errorf("%d characters did not fit", n)
	}
	if areaOfRun.MatchString(text) || barOfArea.MatchString(text) {
		return "something of the area is left:\n" + text
	}
	return ""
}

// Ctrl-C in the middle leaves the screen as clean, and the summary on it.
func TestInterruptOnATerminal(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 30})
	a.write(t, "jobs.hcl", jobsToWatch)
	term := newTerminal(t)
	term.look(t, 60, 24, true)
	cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
	cmd.Env = append(cmd.Env, "TERM=xterm", "CI=")
	term.start(t, cmd)
	term.await(t, "running")
	if _, err := term.seat.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	term.await(t, "Next:")
	if rubbish := term.rubbish(t, true); rubbish != "" {
		t.Error(rubbish)
	}
	text := term.screen.Text()
	for _, want := range []string{"Interrupted: no further submits", "Apply interrupted after", "not submitted", "Next: apixo-batch apply jobs.hcl"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "^C") {
		t.Errorf("the ^C of the terminal is left:\n%s", text)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}
