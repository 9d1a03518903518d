package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// maxStatesNamed bounds the states that are named where another was looked for.
const maxStatesNamed = 3

// noState is the error of a command that needs a state where there is none. It
// names those that lie beside, each with the command that takes it.
func noState(at *cli.Command, t view.Target, file string) error {
	missing := fmt.Sprintf("there is no state %s.%s", file, meantPath(t.Path))
	if others := otherStates(at, t); others != "" {
		return errors.New(missing + "\n" + others)
	}
	return errors.New(missing + " -state=PATH names another one, -simulate that of simulated runs")
}

// otherStates names the states that lie beside, "" if none does.
func otherStates(at *cli.Command, t view.Target) string {
	others := statesBeside(t)
	var lines []string
	for _, other := range others[:min(maxStatesNamed, len(others))] {
		command := other.target.Command(commandName(at), argumentsBefore(at, t.Path)...)
		lines = append(lines, fmt.Sprintf("There is %s:\n  %s", other.file, command))
	}
	if more := len(others) - maxStatesNamed; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more in %s", more, directoryOf(t.Path)))
	}
	return strings.Join(lines, "\n")
}

// argumentsBefore are the arguments of a command without its PATH.
func argumentsBefore(at *cli.Command, path string) []string {
	args := at.Args().Slice()
	if n := len(args); n > 0 && args[n-1] == path {
		return args[:n-1]
	}
	return args
}

// stateBeside is a state that lies where another was looked for, and the target
// that has it.
type stateBeside struct {
	file   string
	target view.Target
}

// statesBeside lists the states in the directory of a target, that of its other
// kind of run first: simulated ones for real ones, and the other way round.
func statesBeside(t view.Target) []stateBeside {
	dir := directoryOf(t.Path)
	entries, _ := os.ReadDir(dir) // what cannot be listed names nothing
	var found []stateBeside
	for _, entry := range entries {
		base, is := strings.CutSuffix(entry.Name(), stateName("", false))
		if !is || entry.IsDir() {
			continue
		}
		other := stateBeside{filepath.Join(dir, entry.Name()), t}
		other.target.State = ""
		base, other.target.Simulated = strings.CutSuffix(base, ".simulated")
		other.target.Path = configurationOf(dir, base)
		if own, err := statePath(other.target); err != nil || own != other.file {
			other.target.Path, other.target.State = t.Path, other.file
		}
		found = append(found, other)
	}
	slices.SortStableFunc(found, func(a, b stateBeside) int { return distanceTo(t, a) - distanceTo(t, b) })
	return found
}

// distanceTo is 0 for a state of the target's own configuration, else 1.
func distanceTo(t view.Target, s stateBeside) int {
	if filepath.Clean(s.target.Path) == filepath.Clean(t.Path) && s.target.State == "" {
		return 0
	}
	return 1
}

// configurationOf is the path of the configuration that has a state of this name in
// a directory: a file, or the directory itself.
func configurationOf(dir, base string) string {
	for _, end := range []string{".hcl", ".hcl.json"} {
		if path := filepath.Join(dir, base+end); fileExists(path) {
			return path
		}
	}
	return dir
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
