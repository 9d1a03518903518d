package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
)

// What signals do. Before a run nothing is at stake, and they do what they do to
// any program. From the start of a run to the end of the process:
//
//	INT, TERM, HUP   the first ends the run in good order, the second leaves at once
//	QUIT             the same, and all goroutines are written to standard error
//	TSTP, CONT       the process stops and goes on, as any other
//
// PIPE and TTOU are ignored during the whole life of the process; see
// ignoreSignals.
//
// INT and HUP have no effect where the process was started without them, as
// nohup and background jobs of scripts are.

// endings are the signals that end a run in good order.
func endings() []os.Signal {
	all := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) { // to ask for one that is ignored would bring it back
			all = append(all, s)
		}
	}
	return all
}

// caught is a signal that ended a run; nil if none did.
type caught struct{ signal os.Signal }

func (c *caught) exitCode() int {
	if c.signal == os.Interrupt {
		return exitInterrupted
	}
	return exitTerminated
}

// exit ends the process at once, the only place but main that does.
func (c *caught) exit() { os.Exit(c.exitCode()) }

// String names the signal; it is empty for nil.
func (c *caught) String() string {
	if c == nil {
		return ""
	}
	return c.signal.String()
}

// listener catches the signals of one run, and those that come while the state
// is saved after it.
type listener struct {
	program *program
	run     *runner.Runner
	target  view.Target
	cancel  context.CancelFunc
	signals chan os.Signal
	stopped chan struct{}
	waiting sync.WaitGroup // for the goroutine that waits for signals
	telling sync.WaitGroup // for what it says

	mu    sync.Mutex
	over  bool    // the run has ended
	first *caught // the signal that ended it
}

// listen makes the first signal cancel the context, which ends the run in good
// order, and the second one end the process at once. It goes on until
// stopListening: a first signal after the run's end changes nothing.
func (p *program) listen(ctx context.Context, r *runner.Runner, t view.Target) (context.Context, *listener) {
	ctx, cancel := context.WithCancel(ctx)
	l := &listener{
		program: p, run: r, target: t, cancel: cancel,
		signals: make(chan os.Signal, 3), stopped: make(chan struct{}),
	}
	p.listener = l
	signal.Notify(l.signals, append(endings(), syscall.SIGQUIT)...)
	l.waiting.Go(l.wait)
	return ctx, l
}

// stopListening gives signals back their usual effect.
func (p *program) stopListening() {
	l := p.listener
	if l == nil {
		return
	}
	signal.Stop(l.signals)
	close(l.stopped)
	l.waiting.Wait()
	l.telling.Wait()
}

// end tells which signal ended the run, nil if none did.
func (l *listener) end() *caught {
	l.mu.Lock()
	l.over = true
	first := l.first
	l.mu.Unlock()
	l.cancel()
	if first != nil {
		l.telling.Wait() // the summary comes after what was said
	}
	return first
}

func (l *listener) wait() {
	select {
	case s := <-l.signals:
		l.interrupt(s)
	case <-l.stopped:
		return
	}
	select {
	case s := <-l.signals:
		l.leave(s)
	case <-l.stopped:
	}
}

// interrupt ends the run. It does not wait for what it says: where standard
// error is not read, a second signal must still be heard.
func (l *listener) interrupt(s os.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	over := l.over
	if !over {
		l.first = &caught{s}
		l.cancel()
	}
	l.telling.Go(func() {
		if s == syscall.SIGQUIT {
			dump(l.program.stderr)
		}
		if !over {
			l.program.view.Note(stopping(l.run.OpenSubmits()))
		}
	})
}

// leavingTime is how long the last words may take where standard error is not
// read.
const leavingTime = time.Second

// leave ends the process at once.
func (l *listener) leave(s os.Signal) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		l.program.view.Error(leaving(l.run.OpenSubmits(), l.target))
		l.program.closeStreams()
	}()
	select {
	case <-said:
	case <-l.signals: // a third
	case <-time.After(leavingTime):
	}
	(&caught{s}).exit()
}

// dump writes the stacks of all goroutines, which a report of a run that hangs
// needs. Arguments stand in them as addresses, so that no secret does.
func dump(w io.Writer) {
	stacks := make([]byte, 1<<20)
	_, _ = w.Write(stacks[:runtime.Stack(stacks, true)])
}

func stopping(open int) string {
	text := "Interrupted: no further submits. What is running at APIXO goes on there."
	if open > 0 {
		text = fmt.Sprintf("Interrupted: no further submits. Waiting for the answers to %s, so that what is paid for is recorded; "+
			"a second signal leaves at once and puts them in doubt.", submits(open))
	}
	return text
}

func leaving(open int, t view.Target) string {
	if open == 0 {
		return "left at once; no submit was open, and the state is saved. Next:\n  " + t.Command("apply")
	}
	return fmt.Sprintf("left at once; %s without an answer, in doubt from now on: perhaps accepted and paid for, "+
		"not submitted again by themselves. Next:\n  %s", submits(open), t.Command("plan"))
}

func submits(n int) string {
	if n == 1 {
		return "1 submit"
	}
	return fmt.Sprintf("%d submits", n)
}
