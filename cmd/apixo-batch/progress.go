package main

import (
	"fmt"
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
		&cli.BoolFlag{Name: "concise", Usage: "with plain progress, no lines but for failures and warnings"},
		&cli.BoolFlag{Name: "verbose", Usage: "a line for every step of every task"},
	}
}

const (
	defaultInterval  = 30 * time.Second
	shortestInterval = time.Second
)

// chooseProgress makes the view of a command that runs tasks.
func (p *program) chooseProgress(at *cli.Command) error {
	human, ok := p.choose(at.Bool("json"), at.Bool("no-color"), at.Bool("verbose")).(*view.Human)
	live, plain, err := p.progressOf(at)
	if err != nil || !ok {
		return err
	}
	human.Live, human.Concise = live, !plain || at.Bool("concise")
	if !human.Concise {
		human.Every, err = intervalOf(at)
	}
	return err
}

// progressOf reads -progress: a live area, lines, or neither.
func (p *program) progressOf(at *cli.Command) (live, plain bool, err error) {
	switch how := at.String("progress"); how {
	case "auto":
		live = p.err.terminal && p.env("CI") == "" && p.env("TERM") != "dumb"
		return live, !live, nil
	case "tty":
		if !p.err.terminal {
			return false, false, fmt.Errorf("-progress=tty: standard error, where progress is shown, is no terminal; without the flag it is shown as lines there")
		}
		return true, false, nil
	case "plain", "none":
		return false, how == "plain", nil
	default:
		return false, false, fmt.Errorf("-progress=%s: it is one of %s.%s", view.Clean(how), strings.Join(progressKinds, ", "), didYouMean("", how, progressKinds))
	}
}

var progressKinds = []string{"auto", "tty", "plain", "none"}

func intervalOf(at *cli.Command) (time.Duration, error) {
	d := at.Duration("progress-interval")
	if d != 0 && d < shortestInterval {
		return 0, fmt.Errorf("-progress-interval=%s: it is at least %s, or 0 for no status lines", d, shortestInterval)
	}
	return d, nil
}
