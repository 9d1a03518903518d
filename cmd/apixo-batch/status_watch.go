package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"time"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

const watchHelp = "-watch follows a run from another terminal, and disturbs nothing: it only reads. It ends with\n" +
	"0 when the run has ended; where none is on it waits for one. Ctrl-C ends it with 130, and\n" +
	"ends nothing else. On a terminal each picture takes the place of the last; elsewhere they\n" +
	"follow one another, every 30s unless DURATION says otherwise. A large state is read less\n" +
	"often, so that four fifths of the time are rest."

// watchInterval is the value of -watch, which may stand alone.
type watchInterval struct {
	wanted bool
	every  time.Duration // 0 for the usual
}

// IsBoolFlag lets the flag stand without a value; what follows is PATH.
func (w *watchInterval) IsBoolFlag() bool { return true }

// Set takes the value; the bare flag comes as "true".
func (w *watchInterval) Set(text string) error {
	switch text {
	case "true", "false":
		*w = watchInterval{wanted: text == "true"}
		return nil
	}
	every, err := time.ParseDuration(text)
	if err != nil || every < minWatch || every > 24*time.Hour {
		return fmt.Errorf("want a duration of %s to 24h, such as 5s", minWatch)
	}
	*w = watchInterval{true, every}
	return nil
}

func (w *watchInterval) Get() any       { return w }
func (w *watchInterval) String() string { return "" } // there is no default to show

const (
	minWatch      = 100 * time.Millisecond
	watchTerminal = 2 * time.Second
	watchLog      = 30 * time.Second
	// restShare is how many times as long as a look takes it is rested after it.
	restShare = 4
)

// watch shows a state again and again, until the run that is on has ended.
func (p *program) watch(at *cli.Command, target view.Target, file string, interval watchInterval) error {
	w := &watcher{program: p, json: at.Bool("json"), style: p.style(p.out, at.Bool("no-color")), frames: view.Frames{Out: p.stdout}}
	w.every = interval.every
	if w.every == 0 {
		w.every = watchLog
		if w.redraws() {
			w.every = watchTerminal
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endings()...)
	defer signal.Stop(signals)
	read, followed := p.readContents, false
	for {
		began := time.Now()
		s, err := p.readStatus(target, file, read)
		if err != nil {
			return err
		}
		read = readQuietly // what is to be known of the state was told once
		runs := isRun(s.Holder)
		if err := w.show(s, followed && !runs); err != nil || followed && !runs {
			return err
		}
		followed = followed || runs
		timer := time.NewTimer(max(w.every, restShare*time.Since(began)))
		select {
		case <-timer.C:
		case ended := <-signals:
			timer.Stop()
			if w.redraws() {
				fmt.Fprintln(p.stdout) // the terminal shows ^C where the picture ends
			}
			return exitWith((&caught{ended}).exitCode())
		}
	}
}

// isRun reports whether who holds a state runs tasks: other commands have it for a
// moment.
func isRun(holder *state.LockInfo) bool {
	return holder != nil && (holder.Operation == "apply" || holder.Operation == "resume" || holder.Operation == "download")
}

// readQuietly reads a state; one that does not exist yet holds nothing.
func readQuietly(path string) (*state.Contents, error) {
	contents, err := state.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return new(state.Contents), nil
	}
	return contents, err
}

// watcher shows one state after another.
type watcher struct {
	*program
	json   bool
	style  view.Style
	every  time.Duration
	frames view.Frames
	shown  bool
}

// redraws reports whether each picture takes the place of the last.
func (w *watcher) redraws() bool { return w.out.terminal && !w.json && w.env("TERM") != "dumb" }

func (w *watcher) show(s view.Status, last bool) error {
	if w.json {
		return view.WriteStatusJSON(w.stdout, s, "")
	}
	again := fmt.Sprintf(", every %s", w.every)
	if last {
		again = ", the run has ended"
	}
	var text bytes.Buffer
	if !w.redraws() {
		if w.shown {
			text.WriteByte('\n')
		}
		w.shown = true
		view.WriteWatched(&text, w.style, s, again)
		if last {
			view.WriteNext(&text, w.style, s)
		}
		_, err := w.stdout.Write(text.Bytes())
		return err
	}
	columns, rows := w.size()
	w.style.Width = max(1, columns-1) // in its last column some terminals have gone on to the next line
	view.WriteWatched(&text, w.style, s, again)
	w.frames.Draw(text.String(), columns, rows)
	if last { // below the picture, which may have no room for it
		view.WriteNext(w.stdout, w.style, s)
	}
	return nil
}

// size is that of the terminal, as it is now.
func (w *watcher) size() (columns, rows int) {
	if file, is := behind(w.stdout.to).(*os.File); is {
		if columns, rows, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 && rows > 0 {
			return columns, rows
		}
	}
	return w.out.width, 24
}
