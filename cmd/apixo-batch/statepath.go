package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

// directoryState is the base name of the state of a whole directory.
const directoryState = "apixo"

// targetOf reads what a command line points at.
func (p *program) targetOf(at *cli.Command, path string) view.Target {
	return view.Target{Chdir: p.chdir, Path: path, State: at.String("state"), Simulated: at.Bool("simulate")}
}

// statePath is where the state of a configuration lies: beside a file, in a
// directory, or where -state says. A simulated run has a state of its own.
func statePath(t view.Target) (string, error) {
	if t.State != "" {
		return t.State, nil
	}
	if t.Path == "-" {
		return "", errors.New("a configuration from standard input has no place for a state: pass -state=PATH")
	}
	info, err := os.Stat(t.Path)
	if err == nil && info.IsDir() {
		return filepath.Join(t.Path, stateName(directoryState, t.Simulated)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	base := strings.TrimSuffix(strings.TrimSuffix(t.Path, ".json"), ".hcl")
	shared := filepath.Join(filepath.Dir(t.Path), stateName(directoryState, t.Simulated))
	if stateExists(shared) {
		return "", fmt.Errorf("%s is part of a directory that has a state of its own, %s: pass %s, or -state=PATH for a state beside it",
			t.Path, shared, filepath.Dir(t.Path))
	}
	return filepath.Join(filepath.Dir(base), stateName(filepath.Base(base), t.Simulated)), nil
}

func stateName(base string, simulated bool) string {
	if simulated {
		base += ".simulated"
	}
	return base + ".state.json"
}

// stateExists reports whether there is a snapshot or a journal.
func stateExists(snapshot string) bool {
	paths := state.PathsFor(snapshot)
	for _, path := range []string{paths.Snapshot, paths.Journal} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// directoryOf is the configuration's directory, which recorded paths count from.
func directoryOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}
