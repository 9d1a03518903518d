package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view/screentest"
	"apixo-batch/runner/simulator"
)

// terminal is a pseudo-terminal: what a process sees, and the side of the one
// who sits before it.
type terminal struct {
	tty, seat *os.File

	reading sync.WaitGroup
	mu      sync.Mutex
	shown   bytes.Buffer
	screen  *screentest.Screen // what stands on it; nil if nobody looks
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	seat, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	var locked, number int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &number} {
		ioctl(t, seat, request, unsafe.Pointer(argument))
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{tty: tty, seat: seat}
	term.reading.Go(func() { io.Copy(term, seat) })
	t.Cleanup(func() {
		tty.Close()
		seat.Close()
		term.reading.Wait()
	})
	return term
}

func ioctl(t *testing.T, file *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	conn, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	err = conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument))
	})
	if err != nil || errno != 0 {
		t.Fatal(err, errno)
	}
}

// Write takes what the process shows.
func (term *terminal) Write(b []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	if term.screen != nil {
		_, _ = term.screen.Write(b)
	}
	return term.shown.Write(b)
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.String()
}

// await waits until the terminal shows a text.
func (term *terminal) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		if strings.Contains(term.text(), text) {
			return
		}
	}
	t.Fatalf("the terminal does not show %q but\n%s", text, term.text())
}

// awaitHidden waits until the terminal does not show what is typed.
func (term *terminal) awaitHidden(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		var modes syscall.Termios
		ioctl(t, term.seat, syscall.TCGETS, unsafe.Pointer(&modes))
		if modes.Lflag&syscall.ECHO == 0 {
			return
		}
	}
	t.Fatalf("what is typed is shown after\n%s", term.text())
}

// start runs a command as the leader of the terminal's session.
func (term *terminal) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.tty, term.tty, term.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	t.Cleanup(func() { watchdog.Stop(); cmd.Process.Kill() })
	term.tty.Close() // the process has the only one, as it should be at a hangup
}

// A question is broken between words, and what is answered to it counts.
func TestAQuestionFitsTheTerminal(t *testing.T) {
	term := newTerminal(t)
	p, _, err := testProgram(nil, nil)
	p.stdin, p.err = term.tty, stream{terminal: true, width: 40}
	if _, err := term.seat.WriteString("yes\n"); err != nil {
		t.Fatal(err)
	}
	ok, failed := p.ask(&cli.Command{}, "Spend $0.12, at most $0.24 with retries, plus repeats after 5xx answers, on 3 tasks?")
	if !ok || failed != nil {
		t.Errorf("the answer is %v, %v", ok, failed)
	}
	const want = "\nSpend $0.12, at most $0.24 with retries,\n  plus repeats after 5xx answers, on 3\n  tasks?\nOnly 'yes' is accepted: "
	if err.String() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
}

// Ctrl-C and Ctrl-\ at the question buy nothing.
func TestSignalAtThePrompt(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for keys, want := range map[string]int{"\x03": exitInterrupted, "\x1c": 2} {
		t.Run(fmt.Sprintf("%q", keys), func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", oneJob)
			term := newTerminal(t)
			cmd := a.command(t, "apply", "jobs.hcl")
			term.start(t, cmd)
			term.await(t, "Only 'yes' is accepted")
			if _, err := term.seat.WriteString(keys); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != want {
				t.Errorf("exit code %d, want %d\n%s", code, want, term.text())
			}
			if strings.Contains(term.text(), a.key) {
				t.Error("the key is on the terminal")
			}
			if n := a.sim.Stats().Submits; n > 0 {
				t.Errorf("%d submits", n)
			}
		})
	}
}

// A terminal that is closed ends the run in good order, although nothing can be
// said any more; or not at all, if the run was started with nohup.
func TestHangup(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for trap, want := range map[string]int{`""`: exitDone, "-": exitTerminated} {
		t.Run(trap, func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", fmt.Sprintf(signalJobs, 12))
			term := newTerminal(t)
			p := a.process(t)
			p.Cmd = inShell(t, p.Cmd, "trap "+trap+` HUP; exec -a apixo-batch "$@"`)
			term.start(t, p.Cmd)
			if !p.begins() {
				t.Fatal("the run does not begin")
			}
			settles()
			term.seat.Close()
			p.wait()
			if code := p.ProcessState.ExitCode(); code != want {
				t.Errorf("exit code %d, want %d\n%s", code, want, term.text())
			}
			if cut := submitsOnDisk(t, a.dir); len(cut) > 0 {
				t.Errorf("%q were cut off", cut)
			}
			a.finish(t)
			if j := a.judge(t); j.succeeded != 12 || j.accepted != 12 {
				t.Errorf("%+v", j)
			}
		})
	}
}

// Where a process was started without HUP or INT, as by nohup and in the
// background of a script, they stay without effect.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 20})
	a.write(t, "jobs.hcl", oneJob)
	p := a.process(t)
	p.Cmd = inShell(t, p.Cmd, `trap "" HUP INT; exec -a apixo-batch "$@"`)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if !p.begins() {
		t.Fatal("the run does not begin")
	}
	for range 3 {
		p.signal(syscall.SIGHUP)
		p.signal(syscall.SIGINT)
		settles()
	}
	p.wait()
	if code := p.ProcessState.ExitCode(); code != exitDone {
		t.Errorf("exit code %d\n%s%s", code, p.stdout.String(), p.stderr.String())
	}
	a.judge(t)
}

// inShell is a command that a shell starts as "$@".
func inShell(t *testing.T, cmd *exec.Cmd, script string) *exec.Cmd {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash, for exec -a")
	}
	cmd.Args = append([]string{"bash", "-c", script, "bash", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = bash
	return cmd
}

// A job in the background goes on although it writes to a terminal that has
// tostop set, which stops others.
func TestBackgroundJobIsNotStoppedByItsOutput(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", oneJob)
	term := newTerminal(t)
	cmd := inShell(t, a.command(t, "apply", "-auto-approve", "-verbose", "jobs.hcl"),
		`stty tostop; set -m; (exec -a apixo-batch "$@") & wait $!; code=$?; kill -9 %1 2>/dev/null; exit $code`)
	term.start(t, cmd)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, term.text())
	}
	if j := a.judge(t); j.succeeded != 1 {
		t.Errorf("%+v", j)
	}
}
