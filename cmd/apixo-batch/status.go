package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

func statusCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "shows what the state holds",
		ArgsUsage: "[PATH]",
		Description: "Shows what the state holds: counts, what runs and how long it is likely to, failures by\n" +
			"reason, doubts, results that are not on disk, money committed. Takes no lock, so it also\n" +
			"works during a run.\n" +
			"\n" +
			watchHelp,
		Flags: append(stateFlags(),
			&cli.BoolFlag{Name: "json", Usage: "write one JSON object; with -watch one on each line"},
			&cli.GenericFlag{Name: "watch", Value: new(watchInterval), Usage: "show it again and again, as a run goes on: every 2s, or `DURATION`"}),
		Metadata: about(exitCodes{exitDone: "shown; with -watch, the run that was watched has ended", exitInterrupted: "-watch was interrupted", exitTerminated: "-watch was ended by SIGTERM or SIGHUP"},
			"apixo-batch status jobs.hcl", "apixo-batch status -json | jq .counts",
			"apixo-batch status -watch jobs.hcl            # from another terminal"),
		Action: func(_ context.Context, at *cli.Command) error { return p.status(at) },
	}
}

// somethingThere refuses a path that names neither a state nor a configuration
// that might get one: it is mistyped.
func somethingThere(path, file string) error {
	if stateExists(file) {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist, and there is no state %s.%s", path, file, meantPath(path))
	case err != nil:
		return err
	case !info.IsDir():
		return nil
	}
	files, err := configurationFiles(path)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("the directory %s holds no configuration and no state %s", path, filepath.Base(file))
	}
	return err
}

func (p *program) status(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	target, file, err := p.locate(at)
	if err != nil {
		return err
	}
	if err := somethingThere(target.Path, file); err != nil {
		return err
	}
	if others := otherStates(at, target); others != "" && !stateExists(file) {
		p.view.Note(others)
	}
	if watch := at.Value("watch").(*watchInterval); watch.wanted {
		return p.watch(at, target, file, *watch)
	}
	s, err := p.readStatus(target, file, p.readContents)
	if err != nil {
		return err
	}
	if at.Bool("json") {
		return view.WriteStatusJSON(p.stdout, s, "  ")
	}
	view.WriteStatus(p.stdout, p.style(p.out, at.Bool("no-color")), s)
	return nil
}

// readStatus reads a state as it is, without a lock.
func (p *program) readStatus(target view.Target, file string, read func(string) (*state.Contents, error)) (view.Status, error) {
	// Who runs is asked first: what is still being submitted after that is not
	// in doubt.
	info, held, err := state.Holder(file)
	if err != nil {
		return view.Status{}, err
	}
	c, err := read(file)
	if err != nil {
		return view.Status{}, err
	}
	known := c.Outline()
	s := view.Status{
		Target: target, Path: file, Header: c.Header, Records: slices.Clip(c.Records), Committed: known.Committed, Reserved: known.Reserved,
		Missing: missingArtifacts(directoryOf(target.Path), known.Records), Now: time.Now(),
		Usual: runner.NewUsualTimes(c.Records, catalog.Default()).Of,
	}
	if held {
		s.Holder = &info
	} else {
		s.Evidence = runner.WeighBalance(c.Readings, c.Spends, c.Records)
	}
	return s, nil
}
