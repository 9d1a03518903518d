package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// examples are the directories under examples: how many tasks have been accepted
// after each apply in the head of jobs.hcl. The commands of the last are in its
// README.
var examples = map[string][]int{
	"01-quickstart":       {7},
	"02-prompts-from-csv": {8},
	"03-image-to-video":   {7},
	"04-matrix":           {11},
	"05-pilot-then-all":   {4, 48},
	"06-in-doubt":         nil,
	"07-variables":        {3},
	"08-prompts-as-files": {3},
	"09-guards":           {3},

	"10-newer-than-the-catalog": {6},
	"11-history":                {2},
}

// Each example is planned as a user plans it, then its commands are run, in
// virtual time: a clip takes minutes. The golden file holds the plan, and the
// files that are there in the end.
func TestExamples(t *testing.T) {
	for _, name := range exampleDirectories(t) {
		accepted, ok := examples[name]
		if !ok {
			t.Errorf("examples/%s has no test", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			root := copyOfExamples(t)
			dir := filepath.Join(root, "examples", name)
			given := filesBelow(t, dir)
			text, err := command(t, root, "", "plan", "-simulate", "examples/"+name).CombinedOutput()
			if err != nil {
				t.Fatalf("plan: %v\n%s", err, text)
			}
			if len(accepted) > 0 {
				inVirtualTime(t, func(t *testing.T, r *rehearsal) { r.runExample(t, root, name, accepted) })
				text = append(text, "\nAfter apply:\n"...)
			}
			for _, file := range filesBelow(t, dir) {
				if !slices.Contains(given, file) && !strings.HasPrefix(file, "apixo.simulated.state.") {
					text = fmt.Appendf(text, "  %s\n", file)
				}
			}
			golden(t, "examples/"+name+".txt", string(text))
		})
	}
}

// runExample runs the commands of an example, and then apply once more, which
// has to leave everything as it is.
func (r *rehearsal) runExample(t *testing.T, root, name string, accepted []int) {
	dir := filepath.Join(root, "examples", name)
	for _, line := range headCommands(t, dir) {
		args := strings.Fields(strings.ReplaceAll(line, "examples/"+name, dir))[1:]
		if args[0] != "apply" {
			r.command(t, exitDone, args...)
			continue
		}
		if len(accepted) == 0 {
			t.Fatalf("one apply too many: %s", line)
		}
		output := r.command(t, exitDone, append(args, "-auto-approve")...)
		if n := len(r.sim.Ledger()); n != accepted[0] {
			t.Errorf("after %s, %d tasks were accepted, want %d:\n%s", line, n, accepted[0], output)
		}
		accepted = accepted[1:]
	}
	if len(accepted) > 0 {
		t.Errorf("an apply is missing in the head of jobs.hcl")
	}
	seen := make(map[string]bool)
	for _, task := range r.sim.Ledger() {
		if seen[task.InputHash] {
			t.Errorf("%s %s was bought twice", task.Model, task.Input)
		}
		seen[task.InputHash] = true
	}
	if output := r.command(t, exitDone, "apply", "-simulate", dir); !strings.Contains(output, "No changes.") {
		t.Errorf("another apply says\n%s", output)
	}
	r.command(t, exitDone, "plan", "-simulate", "-detailed-exitcode", dir)
	if n := len(r.sim.Ledger()); n != len(seen) {
		t.Errorf("another apply bought %d more", n-len(seen))
	}
}

// headCommands are the commands in the comment that an example begins with.
func headCommands(t *testing.T, dir string) (lines []string) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(dir, "jobs.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(config), "\n\n")
	for line := range strings.Lines(head) {
		if line, ok := strings.CutPrefix(line, "#   apixo-batch "); ok {
			lines = append(lines, "apixo-batch "+strings.TrimSpace(line))
		}
	}
	return lines
}

func copyOfExamples(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	return root
}

func exampleDirectories(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
