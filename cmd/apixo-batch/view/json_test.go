package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// written is what the JSON view writes.
func written(t *testing.T, write func(*JSON)) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	view := NewJSON(&b, "1.2.3", 0)
	write(view)
	if lost, err := view.Close(); lost != 0 || err != nil {
		t.Errorf("lost %d, %v", lost, err)
	}
	return &b
}

// lines decodes what the JSON view wrote, with the times taken out.
func lines(t *testing.T, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(b.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		for _, key := range []string{"@level", "@message", "@module", "@timestamp", "type"} {
			if _, ok := object[key].(string); !ok {
				t.Errorf("no %s in %s", key, line)
			}
		}
		if _, err := time.Parse(time.RFC3339Nano, object["@timestamp"].(string)); err != nil {
			t.Error(err)
		}
		delete(object, "@timestamp")
		all = append(all, object)
	}
	return all
}

func TestJSONLines(t *testing.T) { synctest.Test(t, jsonLines) }

func jsonLines(t *testing.T) {
	p := Plan{Plan: exceptionalPlan(), Target: Target{Path: "jobs.hcl"}, Operation: "apply", Now: noon, Budget: new(task.USD), Balance: new(task.USD)}
	record := state.Record{
		Request: task.Request{Model: "nano-banana"}, TaskID: "task_1", Cost: 3 * cent, Priced: true,
		AcceptedAt: noon, FinishedAt: noon.Add(12 * time.Second), Artifacts: []state.Artifact{{Path: "out/cat.png"}},
	}
	b := written(t, func(view *JSON) {
		view.Plan(p)
		view.Begin(p)
		view.Event(runner.Event{Kind: runner.Submitted, Address: address("hero", "cat"), Record: record})
		view.Event(runner.Event{Kind: runner.Saved, Address: address("hero", "cat"), Record: record})
		view.Event(runner.Event{Kind: runner.Slowed, Detail: "HTTP 429", Wait: 5 * time.Second})
		view.Summary(sampleSummary())
		view.Outputs([]spec.Output{
			{Name: "files", Value: json.RawMessage(`["a"]`), Known: true},
			{Name: "hidden", Value: json.RawMessage(`"x"`), Known: true, Sensitive: true},
		})
		view.Note("a hint")
		view.Error("it ended")
	})

	all := lines(t, b)
	if first := all[0]["type"]; first != "version" {
		t.Errorf("the first line is %v", first)
	}
	pretty, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "lines.json", string(pretty)+"\n")
}

func TestDiagnosticsPointAtTheirLine(t *testing.T) {
	source := "a = 1\nb = \x1b[31m2\n"
	where := hcl.Range{Filename: "x.hcl", Start: hcl.Pos{Line: 2, Column: 1, Byte: 6}, End: hcl.Pos{Line: 2, Column: 2, Byte: 7}}
	found := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Wrong", Detail: "Say \x1b[2J something.", Subject: &where}}
	file, _ := hclsyntax.ParseConfig([]byte(source), "x.hcl", hcl.InitialPos)
	sources := map[string]*hcl.File{"x.hcl": file}

	var b bytes.Buffer
	writeDiagnostics(&b, plain, found, sources)
	if got := b.String(); strings.ContainsRune(got, 0x1b) || !strings.Contains(got, "x.hcl line 2") || !strings.Contains(got, "Error: Wrong") {
		t.Errorf("got %q", got)
	}
	d := DiagnosticJSON(found[0], sources)
	if d.Severity != "error" || d.Snippet == nil || d.Snippet.Code != "b = \x1b[31m2" || d.Snippet.HighlightEndOffset != 1 {
		t.Errorf("got %+v %+v", d, d.Snippet)
	}
	beyond := where
	beyond.End.Byte = 1000
	if snippet(file, beyond) != nil {
		t.Error("a range beyond the source has a snippet")
	}
}
