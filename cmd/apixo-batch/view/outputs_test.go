package view

import (
	"encoding/json"
	"strings"
	"testing"

	"apixo-batch/runner"
	"apixo-batch/spec"
)

// After a run a long output does not push the summary off the terminal; what is read by
// a program or by the output command is whole.
func TestALongOutputIsCutOnATerminal(t *testing.T) {
	value, err := json.Marshal(make([]int, 60))
	if err != nil {
		t.Fatal(err)
	}
	outputs := []spec.Output{{Name: "files", Value: value, Known: true}, {Name: "one", Value: json.RawMessage(`"x"`), Known: true}}
	for terminal, want := range map[bool]int{true: 2 + mostOutput + 1 + 1, false: 2 + 62 + 1} {
		var b strings.Builder
		h := &Human{Out: &b, Err: &b, OutStyle: Style{Width: 80, Terminal: terminal}}
		p := twoSubmits()
		p.Target.Path = "jobs.hcl"
		h.Plan(p)
		h.Summary(Summary{Operation: "apply", Summary: runner.Summary{}})
		b.Reset()
		h.Outputs(outputs)
		if got := strings.Count(b.String(), "\n"); got != want {
			t.Errorf("%d lines, want %d:\n%s", got, want, b.String())
		}
		if strings.Contains(b.String(), "\n  ... 42 more lines, all shown by: apixo-batch output files jobs.hcl\n]\none = \"x\"\n") != terminal {
			t.Errorf("on a terminal: %v:\n%s", terminal, b.String())
		}
	}
}
