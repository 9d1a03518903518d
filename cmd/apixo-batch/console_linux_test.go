package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"
)

const consoleJobs = `
locals {
  answer = 42
}
task "hero" {
  model    = "nano-banana"
  for_each = toset(["a b", "cat"])
  input    = { mode = "text-to-image", prompt = each.key, aspect_ratio = "1:1" }
}
`

// session is a console on a terminal.
type session struct {
	*terminal
	tty  *os.File // a second way to the terminal, to look at its settings
	wait func() int
	pid  int
}

func newSession(t *testing.T) *session {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(consoleJobs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, dir, "", "console", "jobs.hcl")
	cmd.Env = append(cmd.Env, "TERM=xterm")
	seat := newTerminal(t)
	tty, err := os.OpenFile(seat.tty.Name(), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	seat.start(t, cmd)
	s := &session{terminal: seat, tty: tty, pid: cmd.Process.Pid, wait: func() int {
		cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}}
	s.await(t, "\n> ")
	if !strings.Contains(s.text(), "Expressions of the configuration.\r\n"+consoleKeys) {
		t.Errorf("it is greeted with %q", s.text())
	}
	return s
}

// types sends keys and waits until the text is shown after them.
func (s *session) types(t *testing.T, keys, want string) {
	t.Helper()
	before := len(s.text())
	if _, err := s.seat.WriteString(keys); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		if strings.Contains(s.text()[before:], want) {
			return
		}
	}
	t.Fatalf("after %q, the terminal does not show %q but\n%q", keys, want, s.text()[before:])
}

func TestConsoleOnATerminal(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for _, step := range []struct{ keys, want string }{
		{"1 + 2\r", "\r\n3\r\n> "},
		{"help\r", "\r\n" + consoleKeys + "\r\n> "},
		{"[\r", ": "},
		{"10,\r11]\r", "\r\n[\r\n  10,\r\n  11,\r\n]\r\n> "},
		{"(20\r", ": "},
		{"\x03", "^C\r\n> "},                // drops the bracket, too
		{"5 * 5\r", "\r\n25\r\n> "},         // or it would be in brackets
		{"99\x03", "^C\r\n> "},              // drops what is typed
		{"6 * 6\r", "\r\n36\r\n> "},         // or it would be 996 * 6
		{"local.ans\t + 1\r", "\r\n43\r\n"}, // TAB completes
		{"keys(task.h\t)\r", `"a b",`},
		{"task.hero\t\t", `task.hero["cat"]`}, // or shows what there is
		{"\x15\x1b[A\r", `"cat",`},            // the history goes back past what was cleared
		{"nothing\r", "Unknown reference"},
		{"7 * 11\r", "\r\n77\r\n> "}, // an error ends nothing
	} {
		s.types(t, step.keys, step.want)
	}
	s.types(t, "exit\r", "exit\r\n")
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.text())
	}
}

// However the console ends, the terminal is as it was.
func TestConsoleRestoresTheTerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys   string
		signal syscall.Signal
		want   int
	}{
		"exit":         {keys: "exit\r", want: exitDone},
		"end of input": {keys: "\x04", want: exitDone},
		"terminated":   {signal: syscall.SIGTERM, want: exitTerminated},
		"interrupted":  {signal: syscall.SIGINT, want: exitInterrupted},
		"quit":         {signal: syscall.SIGQUIT, want: exitTerminated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			s.types(t, "1 + 1\r", "\r\n2\r\n> ")
			if test.signal != 0 {
				if err := syscall.Kill(s.pid, test.signal); err != nil {
					t.Fatal(err)
				}
			} else {
				fmt.Fprint(s.seat, test.keys)
			}
			if code := s.wait(); code != test.want {
				t.Errorf("exit code %d, want %d\n%s", code, test.want, s.text())
			}
			settings, err := term.GetState(int(s.tty.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			if fresh := newTerminalSettings(t); fmt.Sprint(settings) != fresh {
				t.Errorf("the terminal is left as %v, began as %s", settings, fresh)
			}
		})
	}
}

// newTerminalSettings are those that a terminal begins with.
func newTerminalSettings(t *testing.T) string {
	t.Helper()
	settings, err := term.GetState(int(newTerminal(t).tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(settings)
}
