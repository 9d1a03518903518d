package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"apixo-batch/cmd/apixo-batch/view"
)

// planText is what plan shows of a configuration without a state and a key.
func planText(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	p, out, err := testProgram(nil, nil)
	args := append([]string{"apixo-batch", "plan", "-offline", filepath.Join(dir, "jobs.hcl")}, flags...)
	if code := p.execute(args); code != exitDone {
		t.Fatalf("%s ends with %d:\n%s%s", args, code, out, err)
	}
	return strings.ReplaceAll(out.String(), dir+string(filepath.Separator), "")
}

// fitsTerminal fails for what is wider than a terminal.
func fitsTerminal(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); runewidth.StringWidth(line) > view.DefaultWidth {
			t.Errorf("%d columns: %s", runewidth.StringWidth(line), line)
		}
	}
}

// The sample has one of nearly everything that a configuration may say.
func TestPlanOfTheSample(t *testing.T) {
	text := planText(t, "testdata/sample", "-allow-unpriced")
	golden(t, "sample/plan.txt", text)
	fitsTerminal(t, text)
}

// A model of the sample has no price, and its budget needs one.
func TestABudgetNeedsPrices(t *testing.T) {
	p, _, err := testProgram(nil, nil)
	if code := p.execute([]string{"apixo-batch", "plan", "-offline", "testdata/sample/jobs.hcl"}); code != exitError {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"nobody knows the price of kling-2-6", "price =", "-allow-unpriced"} {
		if !strings.Contains(err.String(), want) {
			t.Errorf("want %q in\n%s", want, err)
		}
	}
}

// A plan of many tasks is read at a glance, and ends with what matters.
func TestPlanOfManyTasksFitsOneScreen(t *testing.T) {
	const rows, screen = 816, 24
	dir := t.TempDir()
	csv := "id,prompt\n"
	for i := range rows {
		csv += fmt.Sprintf("view-%04d,a harbour from %d degrees\n", i, i)
	}
	for name, text := range map[string]string{"prompts.csv": csv, "jobs.hcl": largeBatch} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := planText(t, dir)
	fitsTerminal(t, text)
	if n := strings.Count(text, "\n"); n >= screen { // the shell's prompt needs a line too
		t.Errorf("%d lines:\n%s", n, text)
	}
	golden(t, "manytasks.txt", text)
}

const largeBatch = `
batch {
  budget = 400
}
task "still" {
  model    = "nano-banana"
  for_each = csvdecode(file("prompts.csv"))
  key      = each.value.id
  input    = { mode = "text-to-image", prompt = each.value.prompt, aspect_ratio = "16:9" }
}
task "clip" {
  model    = "wan-2-5"
  for_each = task.still
  input    = { mode = "image-to-video", prompt = "slow push in", image_urls = [each.value.urls[0]], resolution = "720p", duration = 5 }
}
`
