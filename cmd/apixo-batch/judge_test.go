package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// judgement is what came of holding a state against the ledger of the simulator,
// which knows what was accepted and paid for, and nothing of our code.
type judgement struct {
	accepted  int
	paid      task.Cost
	committed task.Cost // as the state counts it
	succeeded int
	doubts    []string // addresses
}

// judge judges with a ledger that the simulator wrote to a file.
func judge(t *testing.T, dir, ledger string) judgement {
	t.Helper()
	return judgeAll(t, dir, "sk-canary-kill", readLedger(t, ledger))
}

// judgeAll fails the test if the state lost a task ID, if anything was accepted
// that the state neither knows nor doubts, if it was accepted more often than
// the state tells, if a result is not on disk as it was made, if more was paid
// than the state counts as committed, or if the key is in a file.
func judgeAll(t *testing.T, dir, key string, ledger []simulator.Accepted) (j judgement) {
	t.Helper()
	contents, err := state.Read(filepath.Join(dir, "jobs.state.json"))
	if err != nil {
		t.Error(err)
		return j
	}
	known := make(map[string]bool)
	told := make(map[task.Fingerprint]int)    // accepted submits that the state knows or doubts
	unknown := make(map[task.Fingerprint]int) // those of them without a task ID
	submit := func(request task.Fingerprint, taskID string) {
		told[request]++
		if known[taskID] = true; taskID == "" {
			unknown[request]++
		}
	}
	for _, r := range contents.Records {
		submit(r.Fingerprint, r.TaskID)
		for _, past := range r.Past {
			submit(past.Fingerprint, past.TaskID)
			if past.Status == state.Succeeded {
				judgeFiles(t, dir, past.TaskID, past.Result, past.Artifacts)
			}
		}
		switch r.Status {
		case state.Running, state.Submitting:
			t.Errorf("%s is left %s", r.Address, r.Status)
		case state.InDoubt:
			j.doubts = append(j.doubts, r.Address.String())
		case state.Succeeded:
			j.succeeded++
			judgeFiles(t, dir, r.TaskID, r.Result, r.Artifacts)
		}
	}
	accepted := make(map[task.Fingerprint]int)
	for _, a := range ledger {
		request, err := task.NewRequest(a.Model, a.Input, nil)
		if err != nil {
			t.Error(err)
		}
		print := request.Fingerprint()
		j.accepted++
		j.paid += task.Cost(a.CostMicros)
		if accepted[print]++; accepted[print] > told[print] {
			t.Errorf("accepted %d times, of which the state knows %d: %s", accepted[print], told[print], a.Input)
		}
		if known[a.TaskID] {
			continue
		}
		if unknown[print]--; unknown[print] < 0 {
			t.Errorf("task %s is lost: %s", a.TaskID, a.Input)
		}
	}
	if j.committed = contents.Committed(); j.paid > j.committed {
		t.Errorf("%s was paid, and the state counts %s", j.paid, j.committed)
	}
	refuteTemporaries(t, dir)
	refuteKey(t, dir, key)
	return j
}

// judgeFiles looks for each file of a result, as the simulator made it.
func judgeFiles(t *testing.T, dir, taskID string, result *task.Result, artifacts []state.Artifact) {
	t.Helper()
	if len(artifacts) != len(result.URLs) {
		t.Errorf("task %s has %d of %d files", taskID, len(artifacts), len(result.URLs))
	}
	for _, a := range artifacts {
		got, err := os.ReadFile(filepath.Join(dir, a.Path))
		_, want, _ := simulator.ResultFile(taskID, a.Index)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s does not hold the result of %s: %v", a.Path, taskID, err)
		}
	}
}

// refuteTemporaries looks for temporary files in what a run left.
func refuteTemporaries(t *testing.T, dir string) {
	t.Helper()
	walk(t, dir, func(path string) {
		if ext := filepath.Ext(path); ext == ".part" || ext == ".tmp" || ext == ".new" {
			t.Errorf("%s is left behind", path)
		}
	})
}

// refuteKey looks for the key in every file that a run left.
func refuteKey(t *testing.T, dir, key string) {
	t.Helper()
	walk(t, dir, func(path string) {
		if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte(key)) {
			t.Errorf("the key is in %s, or it cannot be read: %v", path, err)
		}
	})
}

// walk visits every regular file below a directory.
func walk(t *testing.T, dir string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			visit(path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func readLedger(t *testing.T, path string) (accepted []simulator.Accepted) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var a simulator.Accepted
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, a)
	}
	return accepted
}
