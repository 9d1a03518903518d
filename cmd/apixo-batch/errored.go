package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/state"
)

// erroredPlaces are the files that a run may write task IDs to which the state
// cannot take: beside the state, which may lie on the same broken disk; in the
// system's temporary directory; in the user's home.
func erroredPlaces(statePath, run string) []string {
	name := strings.TrimSuffix(filepath.Base(statePath), ".json") + ".errored-" + run + ".jsonl"
	dirs := []string{filepath.Dir(statePath), os.TempDir()}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	places := make([]string, len(dirs))
	for i, dir := range dirs {
		places[i] = filepath.Join(dir, name)
	}
	return places
}

// erroredFiles finds the errored files of a state, of all runs.
func erroredFiles(statePath string) (found []string) {
	for _, place := range erroredPlaces(statePath, "") {
		dir, name := filepath.Split(place)
		prefix := strings.TrimSuffix(name, ".jsonl")
		entries, _ := os.ReadDir(filepath.Clean(dir)) // what cannot be listed holds nothing for us
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), prefix) && strings.HasSuffix(entry.Name(), ".jsonl") && entry.Type().IsRegular() {
				found = append(found, filepath.Join(dir, entry.Name()))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// adoptErrored takes back what an earlier run could not record, where it left
// it: the next plan must not take for a doubt what is known. The nonces in the
// files are secrets of the state, so nobody else can have written them.
func (p *program) adoptErrored(store *state.Store) {
	for _, path := range erroredFiles(store.Path()) {
		lines, err := readErrored(path)
		if err != nil {
			p.view.Note("Not read: " + view.Clean(err.Error()))
			continue
		}
		taken, left, first := adoptLines(store, lines)
		end := "The file is not needed any more."
		if left > 0 {
			end = "Keep the file."
		}
		if taken > 0 {
			p.view.Note(fmt.Sprintf("Task IDs that an earlier run could not record were taken from %s: %d. %s", view.Clean(path), taken, end))
		}
		if left > 0 {
			p.view.Note(fmt.Sprintf("Not taken from %s: %d of %d lines; %s. These tasks are paid for: resolve -errored=FILE says what is wrong with each line. Move the file away once they are dealt with.",
				view.Clean(path), left, len(lines), view.CleanLine(first.Error())))
		}
	}
}

// adoptLines records what the lines of an errored file know. left counts those
// about this state that cannot be recorded, and first is why one cannot. A line
// that is damaged does not say what it is about: it counts unless the file is
// about other states.
func adoptLines(store *state.Store, lines []runner.ErroredLine) (taken, left int, first error) {
	foreign := false
	for _, line := range lines {
		foreign = foreign || line.Err == nil && line.Task.Lineage != store.Header().Lineage
	}
	for _, line := range lines {
		if line.Err == nil && line.Task.Lineage != store.Header().Lineage || line.Err != nil && foreign {
			continue
		}
		outcome, _, err := settleLine(store, line)
		switch {
		case err == nil && outcome != runner.LateKnown:
			taken++
		case err != nil:
			if left++; first == nil {
				first = fmt.Errorf("line %d: %w", line.Number, err)
			}
		}
	}
	return taken, left, first
}

// noteErrored says of which doubts the errored files know the outcome.
func (p *program) noteErrored(statePath string, doubts []state.Record) {
	nonces := make(map[string]bool)
	for _, r := range doubts {
		nonces[r.Nonce] = true
	}
	for _, path := range erroredFiles(statePath) {
		lines, _ := readErrored(path) // the next apply says what is wrong with it
		known := 0
		for _, line := range lines {
			if nonces[line.Task.Nonce] {
				known++
			}
		}
		if known > 0 {
			p.view.Note(fmt.Sprintf("%s knows the task IDs of %s; the next apply takes them from there.", view.Clean(path), submits(known)))
		}
	}
}

// withAdvice adds to the error of a state that could not be written where the
// task IDs are that it lacks, and the commands that take them back.
func withAdvice(err error, t view.Target) error {
	var broken *runner.StateError
	if !errors.As(err, &broken) {
		return err
	}
	lines := slices.Concat(recordedElsewhere(broken, t), recordedNowhere(broken, t), unsentAdvice(broken, t))
	lines = append(lines, "No submit starts while the state cannot be written. Mend that first; then go on with:", "  "+t.Command("apply"))
	return &advised{err, strings.Join(lines, "\n")}
}

func recordedElsewhere(broken *runner.StateError, t view.Target) (lines []string) {
	var files []string
	for _, task := range broken.Unrecorded {
		if task.File != "" && !slices.Contains(files, task.File) {
			files = append(files, task.File)
		}
	}
	if len(files) == 0 {
		return nil
	}
	lines = []string{"What the state could not take is kept in a file. Once the state can be written again, take it back with:"}
	for _, file := range files {
		lines = append(lines, "  "+t.Command("resolve", "-errored="+file))
	}
	return lines
}

func recordedNowhere(broken *runner.StateError, t view.Target) (lines []string) {
	for _, task := range broken.Unrecorded {
		if task.File == "" {
			lines = append(lines, "  "+t.Command("resolve", "-task-id="+view.CleanLine(task.TaskID), task.Address.String()))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{"Keep this message: no file could be written either. Once the state can be written again, settle what was not recorded with:"}, lines...)
}

func unsentAdvice(broken *runner.StateError, t view.Target) []string {
	if len(broken.Unsent) == 0 {
		return nil
	}
	lines := []string{"Nothing was created by some submits, but the state may not know it and show them in doubt. Those that it does are settled with:"}
	for _, submit := range broken.Unsent {
		lines = append(lines, "  "+t.Command("resolve", "-not-charged", "-submit="+submit.Nonce, submit.Address.String()))
	}
	return lines
}
