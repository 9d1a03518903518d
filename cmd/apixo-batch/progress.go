package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// progressFlags say how a run tells how far it is. They are for people: JSON lines
// tell all there is.
func progressFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "progress", Value: "auto", Usage: "show progress as `HOW` says: tty, a few live lines at the foot of the terminal; " +
			"plain, a line for each finished task, and now and then one for the run; none, no more than failures and warnings; " +
			"auto, plain where standard error is no terminal, CI is set or TERM is dumb, else tty"},
		&cli.DurationFlag{Name: "progress-interval", Value: defaultInterval, Usage: "with plain progress, tell how far the run is every `DURATION`; 0 for never"},
		&cli.BoolFlag{Name: "concise", Usage: "keep only the lines of failures, doubts and warnings; live lines are shown as ever"},
		&cli.BoolFlag{Name: "verbose", Usage: "a line for every step of every task"},
	}
}

const (
	defaultInterval  = 30 * time.Second
	shortestInterval = time.Second
)

// progress is how a run tells people how far it is; the zero value is for commands
// that run nothing.
type progress struct {
	live    bool          // an area on the terminal
	concise bool          // no lines but for failures and warnings
	every   time.Duration // between status lines; 0 for none
}

// chooseProgress makes the views of a command that runs tasks.
func (p *program) chooseProgress(at *cli.Command) (err error) {
	if p.progress, err = p.progressOf(at); err != nil {
		p.choose(at.Bool("json"), at.Bool("no-color"), at.Bool("verbose"))
		return err
	}
	return p.chooseAlso(at)
}

// progressOf reads the flags of progress.
func (p *program) progressOf(at *cli.Command) (progress, error) {
	every := at.Duration("progress-interval")
	if every != 0 && every < shortestInterval {
		return progress{}, fmt.Errorf("-progress-interval=%s: it is at least %s, or 0 for no status lines", every, shortestInterval)
	}
	if at.Bool("concise") && at.Bool("verbose") {
		return progress{}, errors.New("-concise leaves out the lines of what goes well, and -verbose asks for one of every step; give one of them")
	}
	how := at.String("progress")
	switch {
	case how == "auto" && p.err.terminal && p.env("CI") == "" && p.env("TERM") != "dumb", how == "tty" && p.err.terminal:
		return progress{live: true, concise: at.Bool("concise")}, nil
	case how == "tty":
		return progress{}, fmt.Errorf("-progress=tty: standard error, where progress is shown, is no terminal; without the flag it is shown as lines there")
	case how == "none", slices.Contains(progressKinds, how) && at.Bool("concise"):
		return progress{concise: true}, nil
	case how == "auto", how == "plain":
		return progress{every: every}, nil
	default:
		return progress{}, fmt.Errorf("-progress=%s: it is one of %s.%s", view.Clean(how), strings.Join(progressKinds, ", "), didYouMean("", how, progressKinds))
	}
}

var progressKinds = []string{"auto", "tty", "plain", "none"}
