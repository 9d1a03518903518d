package runner_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/spec/task"
)

const erroredLine = `{"lineage":"l","state":"s.json","address":"task.a[\"x\"]","model":"m","nonce":"n","task_id":"t","fingerprint":"f","cost_usd_micros":3,"priced":true,"at":"2026-11-22T17:20:00Z"}`

func TestErroredLinesStandEachForItself(t *testing.T) {
	text := strings.Join([]string{erroredLine, `{"lineage":"l"}`, "garbage", strings.Replace(erroredLine, ":3,", ":-3,", 1), erroredLine[:40]}, "\n")
	lines, err := runner.ReadErrored(strings.NewReader(text))
	if err != nil || len(lines) != 5 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if got := lines[0]; got.Err != nil || got.Task.Address.String() != `task.a["x"]` || got.Task.TaskID != "t" || got.Task.Cost != 3 {
		t.Errorf("line 1: %+v", got)
	}
	for _, line := range lines[1:] {
		if line.Err == nil || line.Task != (runner.UnrecordedTask{}) && line.Number == 5 {
			t.Errorf("line %d: %+v", line.Number, line)
		}
	}
}

// endless is a file without an end.
type endless struct{ line string }

func (e endless) Read(b []byte) (int, error) {
	return copy(b, strings.Repeat(e.line, len(b)/len(e.line)+1)), nil
}

func TestErroredFileWithoutAnEndIsRefused(t *testing.T) {
	for _, line := range []string{"x", "{}\n"} {
		if _, err := runner.ReadErrored(endless{line}); err == nil {
			t.Errorf("%q for ever was read", line)
		}
	}
}

func FuzzReadErrored(f *testing.F) {
	f.Add([]byte(erroredLine + "\n" + erroredLine))
	f.Add([]byte(erroredLine[:60]))
	f.Add([]byte("\x00\n[]\n{\"address\":\"task.\"}\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := runner.ReadErrored(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, line := range lines {
			if line.Err != nil {
				continue
			}
			if line.Task.Nonce == "" || line.Task.TaskID == "" || line.Task.Cost < 0 || line.Task.Address == (task.Address{}) {
				t.Errorf("line %d was taken: %+v", line.Number, line.Task)
			}
			if _, err := json.Marshal(line.Task); err != nil {
				t.Errorf("line %d: %v", line.Number, err)
			}
		}
	})
}
