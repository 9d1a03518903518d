package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
)

// caught is a signal that ended a run; nil if none did.
type caught struct{ signal os.Signal }

func (c *caught) exitCode() int {
	if c.signal == os.Interrupt {
		return exitInterrupted
	}
	return exitTerminated
}

// String names the signal; it is empty for nil.
func (c *caught) String() string {
	if c == nil {
		return ""
	}
	return c.signal.String()
}

// listener catches the signals of one run.
type listener struct {
	signals chan os.Signal
	done    chan struct{}
	wait    sync.WaitGroup
	first   *caught
}

// listen makes the first signal cancel the context, which ends the run in good
// order, and the second one end the process at once. Before and after a run
// signals end the process as they always do: nothing is at stake then.
func (p *program) listen(ctx context.Context, r *runner.Runner, t view.Target) (context.Context, *listener) {
	ctx, cancel := context.WithCancel(ctx)
	l := &listener{signals: make(chan os.Signal, 2), done: make(chan struct{})}
	signal.Notify(l.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	l.wait.Go(func() {
		defer cancel()
		select {
		case s := <-l.signals:
			l.first = &caught{s}
			p.view.Note(stopping(r.OpenSubmits()))
			cancel()
		case <-l.done:
			return
		}
		select {
		case s := <-l.signals:
			p.view.Error(leaving(r.OpenSubmits(), t))
			os.Exit((&caught{s}).exitCode())
		case <-l.done:
		}
	})
	return ctx, l
}

// end stops listening and tells which signal came, nil if none.
func (l *listener) end() *caught {
	close(l.done)
	l.wait.Wait()
	signal.Stop(l.signals)
	return l.first
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
