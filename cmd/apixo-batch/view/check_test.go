package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func sampleReport() *state.Report {
	return &state.Report{
		Path: "jobs.simulated.state.json", Readable: true, Records: 1, Submits: 2, Artifacts: 1,
		Holder: &state.LockInfo{Operation: "apply", Who: "ann", PID: 7},
		Findings: []state.Finding{
			{Severity: state.Damaged, Path: "jobs.simulated.state.journal", Line: 3, Offset: 120, Problem: "the line does not match its checksum: it was changed, or cut off and written over", Next: "state recover shows what can be read, and brings it together"},
			{Severity: state.Odd, Path: "jobs.simulated.state.json", Address: task.Address{Name: "hero"}, Problem: "an escape \x1b[31m and a line\nbreak"},
		},
	}
}

func TestAReportForPeople(t *testing.T) {
	var b bytes.Buffer
	WriteReport(&b, Style{Width: DefaultWidth}, Target{Simulated: true}, sampleReport())
	golden(t, "check.txt", b.String())
	fits(t, b.String())
}

func TestAReportOfWhatCannotBeReadHasNoCounts(t *testing.T) {
	report := &state.Report{Path: "jobs.state.json", Findings: []state.Finding{{Severity: state.Damaged, Problem: "the file is empty"}}}
	var text, object bytes.Buffer
	WriteReport(&text, Style{Width: DefaultWidth}, Target{}, report)
	if want := "State jobs.state.json\nerror: the file is empty\nDamaged: it cannot be read as a whole.\n"; text.String() != want {
		t.Errorf("%q, want %q", &text, want)
	}
	for readable, want := range map[bool]int{false: 0, true: 6} {
		report.Readable = readable
		object.Reset()
		if err := WriteReportJSON(&object, Target{}, report); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(object.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		counts := 0
		for _, name := range []string{"lineage", "serial", "changes", "records", "submits", "artifacts"} {
			if _, is := got[name]; is {
				counts++
			}
		}
		if counts != want || got["damaged"] != true {
			t.Errorf("readable %v: %s", readable, &object)
		}
	}
}

func TestASalvagedStateForPeople(t *testing.T) {
	s := &state.Salvaged{
		Path: "jobs.simulated.state.json", Damage: errors.New("state jobs.simulated.state.json: the file is empty; nothing was changed. Put it back from a copy"),
		Sources:  []string{"jobs.simulated.state.journal: lines that can be read: 4 of 5, up to change 9", "jobs.simulated.state.json.backup: whole, serial 1, up to change 3, records: 1"},
		Findings: []state.Finding{{Severity: state.Damaged, Path: "jobs.simulated.state.json", Problem: "the file is empty"}},
		Loss:     state.Loss{Gaps: []state.Gap{{From: 4, To: 4}, {From: 6, To: 7}, {From: 10}}, Tasks: []string{"task_a", "task_b\x1b[2J"}},
		Doubted: []state.Record{
			{Address: address("hero", "cat"), Doubt: &state.Doubt{Cause: "its record stood in a damaged part of the state, in which task \"task_12345678\" is readable"}},
		},
		Unproven: 1, Uncertain: 2,
		Contents: &state.Contents{Records: make([]state.Record, 1), Spends: make([]state.Spend, 1)},
	}
	var b bytes.Buffer
	WriteSalvaged(&b, Style{Width: DefaultWidth}, Target{Simulated: true}, s)
	golden(t, "salvaged.txt", b.String())
	fits(t, b.String())
	b.Reset()
	if err := WriteSalvagedJSON(&b, Target{Simulated: true}, s); err != nil {
		t.Fatal(err)
	}
	golden(t, "salvaged.json", b.String())
	question := SalvageQuestion(s, "new.json")
	if want := "Make new.json of what can be read (1 record, 1 newly in doubt), although what was submitted in the lost part is not known?"; question != want {
		t.Errorf("%q, want %q", question, want)
	}
	s.Loss, b = state.Loss{}, bytes.Buffer{}
	WriteSalvaged(&b, Style{Width: DefaultWidth}, Target{}, s)
	if !strings.HasSuffix(b.String(), "Nothing is lost: every change can be read.\n") || strings.Contains(b.String(), "SIMULATED") {
		t.Errorf("without a loss:\n%s", &b)
	}
}
