package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// takeBack records the task IDs of an errored file. It may be done again: what
// is recorded already stays as it is.
func (p *program) takeBack(path string, store *state.Store, t view.Target) error {
	lines, err := readErrored(path)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return fmt.Errorf("there is no line in %s; nothing was recorded", path)
	}
	failed := 0
	for _, line := range lines {
		text, err := takeBackLine(store, line)
		if err != nil {
			failed++
			text = "not recorded: " + err.Error()
		}
		fmt.Fprintf(p.stdout, "line %d: %s\n", line.Number, view.CleanLine(text))
	}
	if failed > 0 {
		return fmt.Errorf("%d of the %d lines of %s were not recorded; keep the file", failed, len(lines), path)
	}
	fmt.Fprintf(p.stdout, "All of %s is recorded; the file is not needed any more.\nNext: %s\n", view.Clean(path), t.Command("apply"))
	return nil
}

func readErrored(path string) ([]runner.ErroredLine, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := runner.ReadErrored(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return lines, nil
}

// settleLine records the task ID of a line, if it is about this state.
func settleLine(store *state.Store, line runner.ErroredLine) (runner.LateOutcome, task.Address, error) {
	t, lineage := line.Task, store.Header().Lineage
	switch {
	case line.Err != nil:
		return "", task.Address{}, line.Err
	case t.Lineage != lineage:
		return "", task.Address{}, fmt.Errorf("task %q belongs to another state (%s, lineage %q), and this one has lineage %q", t.TaskID, t.State, t.Lineage, lineage)
	}
	outcome, address, err := runner.SettleLate(store, runner.Late{Nonce: t.Nonce, TaskID: t.TaskID, At: t.At, By: whoAmI()})
	if err != nil {
		return "", address, fmt.Errorf("task %q of %s: %w", t.TaskID, t.Address, err)
	}
	return outcome, address, nil
}

// takeBackLine records the task ID of a line, and says what came of it.
func takeBackLine(store *state.Store, line runner.ErroredLine) (string, error) {
	outcome, address, err := settleLine(store, line)
	if err != nil {
		return "", err
	}
	taskID := line.Task.TaskID
	switch outcome {
	case runner.LateRunning:
		return fmt.Sprintf("%s is task %q; the next apply collects it", address, taskID), nil
	case runner.LatePast:
		return fmt.Sprintf("%s has gone on; task %q is kept with its earlier ones, and counts as spent", address, taskID), nil
	case runner.LateCharged:
		return fmt.Sprintf("no record of the state knows of that submit of %s any more; task %q counts as spent", address, taskID), nil
	default:
		return fmt.Sprintf("%s: task %q was recorded before", address, taskID), nil
	}
}
