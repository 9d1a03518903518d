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
		return directoryStatePath(t)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	own := fileState(t.Path, t.Simulated)
	shared := filepath.Join(filepath.Dir(t.Path), stateName(directoryState, t.Simulated))
	if own != shared && stateExists(shared) {
		return "", fmt.Errorf("%s is part of a directory that has a state of its own, %s: pass %s, or -state=PATH for a state beside it",
			t.Path, shared, filepath.Dir(t.Path))
	}
	return own, nil
}

// fileStateError is the error of a directory without a state, of which a file has
// one.
type fileStateError struct{ file, state string }

func (e *fileStateError) Error() string {
	return fmt.Sprintf("%s has a state of its own, %s, which the directory as a whole does not use: "+
		"pass %s to go on with it, or -state=%s to use it for the whole directory", e.file, e.state, e.file, e.state)
}

// directoryStatePath refuses to begin a state for a directory where a file has
// one: it would know nothing of what was bought. The error is a *fileStateError.
func directoryStatePath(t view.Target) (string, error) {
	shared := filepath.Join(t.Path, stateName(directoryState, t.Simulated))
	if stateExists(shared) {
		return shared, nil
	}
	files, err := configurationFiles(t.Path)
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if own := fileState(file, t.Simulated); stateExists(own) {
			return "", &fileStateError{file, own}
		}
	}
	return shared, nil
}

// configurationFiles lists the files of a directory that make its configuration.
func configurationFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && configurationFile(entry.Name()) {
			files = append(files, filepath.Join(dir, entry.Name()))
		}
	}
	return files, nil
}

// configurationFile reports whether a file of a directory is a part of its
// configuration, by its name.
func configurationFile(name string) bool {
	name = strings.TrimSuffix(name, ".json")
	return strings.HasSuffix(name, ".hcl") && !strings.HasSuffix(name, ".vars.hcl") && !strings.HasPrefix(name, ".")
}

// fileState is where the state of a single file lies: beside it.
func fileState(path string, simulated bool) string {
	base := strings.TrimSuffix(strings.TrimSuffix(path, ".json"), ".hcl")
	return filepath.Join(filepath.Dir(base), stateName(filepath.Base(base), simulated))
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
