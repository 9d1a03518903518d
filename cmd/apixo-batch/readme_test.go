package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// blocks gives the fenced blocks of the README that are marked as a language.
func blocks(t *testing.T, language string) (found []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
		if match[1] == language {
			found = append(found, match[2])
		}
	}
	return found
}

// Every command in the README's sh blocks is run as it stands, with the program
// in place of "go run", and a simulation in place of a key and a terminal. "go
// test" is what runs this.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	quickstart := filepath.Join(dir, "examples", "01-quickstart")
	if err := os.CopyFS(quickstart, os.DirFS("../../examples/01-quickstart")); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(quickstart, "jobs.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for line := range strings.Lines(strings.Join(blocks(t, "sh"), "")) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(strings.Replace(line, "go run ./cmd/apixo-batch", "apixo-batch", 1))
		if len(words) == 0 || words[0] != "apixo-batch" {
			continue
		}
		if strings.HasSuffix(words[len(words)-1], "jobs.hcl") {
			words = append(words, "-simulate")
			if words[1] == "apply" {
				words = append(words, "-auto-approve")
			}
		}
		cmd := command(t, dir, "", words[1:]...)
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(words, " "), err, output)
		}
		ran++
	}
	if ran < 4 {
		t.Errorf("only %d commands were found in the README", ran)
	}
}

func TestReadmeConfiguration(t *testing.T) {
	found := blocks(t, "hcl")
	if len(found) == 0 {
		t.Fatal("the README shows no configuration")
	}
	for _, config := range found {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		output, err := command(t, dir, "", "plan", "-simulate", "jobs.hcl").CombinedOutput()
		if err != nil || strings.Contains(string(output), "Warning") {
			t.Errorf("%v\n%s", err, output)
		}
	}
}
