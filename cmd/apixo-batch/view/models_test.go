package view

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

func TestModelsForPeople(t *testing.T) {
	var b bytes.Buffer
	WriteModels(&b, catalog.Default().Models(), DefaultWidth)
	golden(t, "models.txt", b.String())
	fits(t, b.String())
	for _, id := range []string{"gpt-image-1", "grok-image", "kling-2-1", "ltx-2-19b", "midjourney", "qwen-image", "sora-2"} {
		m, _ := catalog.Default().Lookup(id)
		b.Reset()
		WriteModel(&b, m, DefaultWidth)
		golden(t, "model-"+id+".txt", b.String())
	}
	for _, m := range catalog.Default().Models() {
		b.Reset()
		WriteModel(&b, m, DefaultWidth)
		fits(t, b.String())
	}
}

// What a catalog file of somebody else says is hostile until it is shown.
func TestAModelIsShownWithoutControlCharacters(t *testing.T) {
	c, err := catalog.Parse([]byte(`{"models": [{"id": "x", "kind": "image", "title": "\u001b]0;x\u0007", "note": "\u001b[2J",
		"provider": "\u009bP\u202e", "sources": ["https://x/\u0085"], "fail_codes": ["\u2066"], "results": [{"files": 2, "source": "\u009b"}],
		"prices": [{"usd": 1, "per": "image", "when": {"p": "\u009b"}, "source": "\u202e"}],
		"params": [{"name": "p", "type": "string", "required": true, "enum": ["\u001b[31m"], "note": "\u009b"},
			{"name": "q", "type": "string", "required": true, "default": "\u009b31m\u202e"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m := *c.Models()[0]
	m.Aliases = []string{"\u202e"}
	var b bytes.Buffer
	WriteModels(&b, []*catalog.Model{&m}, DefaultWidth)
	WriteModel(&b, &m, DefaultWidth)
	if text := strings.ReplaceAll(b.String(), "\n", ""); CleanLine(text) != text {
		t.Errorf("%q", text)
	}
}

// What a note would only repeat stands in the columns beside it.
func TestNotesRepeatNoBounds(t *testing.T) {
	for _, m := range catalog.Default().Models() {
		for _, p := range m.Params {
			for _, said := range []string{
				fmt.Sprintf("%d-%d", p.MinItems, p.MaxItems), fmt.Sprintf("exactly %d", p.MaxItems), fmt.Sprintf("up to %d,", p.MaxItems), "needed in", "required for",
			} {
				if p.MaxItems > 0 && strings.HasPrefix(p.Note, said) {
					t.Errorf("%s, %s: %s", m.ID, p.Name, p.Note)
				}
			}
		}
	}
}

func TestAParameterThatOnlySomeCasesRequireHasNoMark(t *testing.T) {
	for want, p := range map[string]catalog.Param{
		"  * p  string   up to 5 characters":                      {Required: true},
		"    p  string   up to 5 characters; required in x":       {Required: true, Modes: []string{"x"}},
		"    p  string   up to 5 characters; only in x":           {Modes: []string{"x"}},
		"    p  string   up to 5 characters; required with a = b": {Required: true, When: map[string]any{"a": "b"}},
	} {
		p.Name, p.Type, p.MaxRunes = "p", "string", 5
		var b bytes.Buffer
		writeParams(&b, &catalog.Model{Params: []catalog.Param{p}}, DefaultWidth)
		if !strings.HasSuffix(b.String(), want+"\n") {
			t.Errorf("want %q in\n%s", want, &b)
		}
	}
}

// In each section the meanings begin at one column.
func TestCodesAreAligned(t *testing.T) {
	var b bytes.Buffer
	WriteCodes(&b, append(catalog.Default().Codes(), catalog.Default().Reasons()...), DefaultWidth)
	golden(t, "codes.txt", b.String())
	fits(t, b.String())
}

// loadBlock loads a configuration and checks it as validate -strict does.
func loadBlock(t *testing.T, text string, known *catalog.Catalog) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{Catalog: known})
	if !diags.HasErrors() {
		diags = append(diags, s.Check()...)
	}
	if len(diags) > 0 {
		var b bytes.Buffer
		writeDiagnostics(&b, Style{Width: DefaultWidth}, diags, map[string]*hcl.File{})
		t.Errorf("%s\nof\n%s", b.String(), text)
	}
}

func TestTheTaskBlockOfEveryModelPassesStrictValidation(t *testing.T) {
	for _, m := range catalog.Default().Models() {
		t.Run(m.ID, func(t *testing.T) {
			block := taskBlock(m)
			fits(t, block)
			loadBlock(t, block, nil)
		})
	}
}

func TestATaskBlockHoldsWhatTheCatalogSaysAsItIs(t *testing.T) {
	known, err := catalog.Parse([]byte(`{"models": [{"id": "3d.model", "kind": "image", "params": [
		{"name": "a.b", "type": "string", "required": true, "default": "${var.x} %{ if } \"\\\n\t$${"},
		{"name": "n", "type": "number", "required": true, "min": 0.5}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	loadBlock(t, taskBlock(known.Models()[0]), known)
}

func TestAdviceIsGivenOnceForEachCode(t *testing.T) {
	text := summaryText(sampleSummary())
	for _, code := range []string{"400", "SensitiveContent", "Task TimeOut"} {
		row, _ := catalog.Default().ExplainRefusal(code, "")
		want := "What to do about " + code + ": " + row.Action
		if n := strings.Count(strings.Join(strings.Fields(text), " "), want); n != 1 {
			t.Errorf("%d times %q in\n%s", n, want, text)
		}
	}
}

// A number among the fail codes of tasks is not the status of a call: what the
// table says of that one is about submits and status calls.
func TestAdviceAboutATaskIsNotThatAboutACall(t *testing.T) {
	ended := func(taskID string, reason task.Reason, code string) []runner.Ended {
		return []runner.Ended{{Address: address("hero", "cat"), TaskID: taskID, Failure: task.Failure{Reason: reason, Code: code}}}
	}
	codes := catalog.Default()
	for _, test := range []struct {
		name  string
		ended []runner.Ended
		code  string // what the advice is about
	}{
		{"a refused submit", ended("", task.ModelUnavailable, "404"), "404"},
		{"a submit after three repeats", ended("", task.ServerError, "503"), "503"},
		{"a refused submit with a fail code", ended("", task.ContentPolicy, "NSFW"), "NSFW"},
		{"a refused submit of no known status", ended("", task.InvalidInput, "418"), "invalid_input"},
		{"a lost task", ended("task_1", task.Lost, "404"), "lost"},
		{"a failed task", ended("task_1", task.Unclassified, "503"), "unclassified"},
		{"a failed task with a fail code", ended("task_1", task.ContentPolicy, "NSFW"), "NSFW"},
	} {
		got := advise(codes, test.ended)
		if len(got) != 1 || got[0].Code != test.code {
			t.Errorf("%s: the advice is %+v, want one about %s", test.name, got, test.code)
		}
	}
}

func TestAPlanSaysWhatIsToBeKnownAboutAPrice(t *testing.T) {
	p := unpricedPlan()
	p.Actions[0].Price.Note = "the price is per second and the input has no duration"
	p.Actions[2].Price.Note = "sources contradict each other, and the higher figure counts: older pages say $0.10-$0.15 a video"
	var b bytes.Buffer
	writePlan(&b, plain, Plan{Plan: p, Target: Target{Path: "jobs.hcl"}, Operation: "plan", Now: noon})
	fits(t, b.String())
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"Price: sora-2-pro: the price is per second and the input has no duration.", "Price: sora-2: sources contradict each other, and the higher figure counts: older pages"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}
