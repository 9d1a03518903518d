package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
)

// helpTexts are the topics, and the manuals of commands that are texts of ours.
func helpTexts() map[string]string {
	texts := map[string]string{"state": stateManual}
	for _, t := range topics {
		var text bytes.Buffer
		t.write(&text)
		texts[t.name] = text.String()
	}
	return texts
}

var flagInText = regexp.MustCompile(`(?:^|[\s(])-([a-z][a-z-]+)`)

func TestTopicsFitAndNameWhatThereIs(t *testing.T) {
	p, _, _ := testProgram(nil, nil)
	root := newRoot(p)
	flags := map[string]bool{}
	for _, c := range root.Commands {
		for _, f := range c.Flags {
			flags[f.Names()[0]] = true
		}
	}
	for name, text := range helpTexts() {
		for line := range strings.Lines(text) {
			if width := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); width > view.DefaultWidth {
				t.Errorf("%s: a line has %d columns: %s", name, width, line)
			}
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s does not end with one line break", name)
		}
		for _, found := range flagInText.FindAllStringSubmatch(text, -1) {
			if !flags[found[1]] && found[1] != "eq" && found[1] != "kill" { // of the shell
				t.Errorf("%s names -%s, which no command has", name, found[1])
			}
		}
		if topicNamed(name) != nil && root.Command(name) != nil {
			t.Errorf("%s is a command too, so help could not show both", name)
		}
	}
}

// indented gives the parts of a text that are set apart by four spaces.
func indented(text string) string {
	var part strings.Builder
	for line := range strings.Lines(text) {
		if code, is := strings.CutPrefix(line, "    "); is || line == "\n" {
			part.WriteString(code)
			if !is {
				part.WriteString(line)
			}
		}
	}
	return part.String()
}

func TestTheConfigurationOfTheLanguageTopicIsOne(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"jobs.hcl":    indented(languageTopic[:strings.Index(languageTopic, "INSTANCES")]),
		"prompts.csv": "id,prompt\ncat,a cat\nfox,a fox\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output, err := command(t, dir, "", "plan", "-simulate", "jobs.hcl").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Plan: 4 to add") || strings.Contains(string(output), "Warning") {
		t.Errorf("%v\n%s", err, output)
	}
}

// What an expression sees, as the topic lists it, is evaluated on a state.
func TestTheLanguageTopicNamesAttributesThatThereAre(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/01-quickstart")); err != nil {
		t.Fatal(err)
	}
	if output, err := command(t, dir, "", "apply", "-simulate", "-auto-approve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	named := regexp.MustCompile(`(?m)^    ((?:\.[a-z_]+(?:, )?)+)`).FindAllStringSubmatch(languageTopic, -1)
	if len(named) < 3 {
		t.Fatalf("found only %q", named)
	}
	var asked strings.Builder
	count := 0
	for _, attributes := range named {
		for attribute := range strings.SplitSeq(attributes[1], ", ") {
			asked.WriteString("task.night_fox" + attribute + "\n")
			count++
		}
	}
	cmd := command(t, dir, "", "console", "-simulate")
	cmd.Stdin = strings.NewReader(asked.String())
	output, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(output), "\n") < count || strings.Contains(string(output), "known after apply") {
		t.Errorf("%v: %s\n%s", err, asked.String(), output)
	}
}

// The script of the topic about exit codes, with programs that end as apply may.
func TestTheScriptOfExitCodesRunsAgainForOneCodeOnly(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	for codes, runs := range map[string]int{"0": 1, "4 4 0": 3, "6 0": 1, "4 3 0": 2} {
		dir := t.TempDir()
		script := `n=$(cat runs 2>/dev/null || echo 0); echo $((n+1)) > runs; set -- ` + codes + `; shift $n; exit $1`
		for name, text := range map[string]string{"apixo-batch": "#!" + sh + "\n" + script + "\n", "sleep": "#!" + sh + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(sh, "-c", indented(exitCodesTopic))
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		ran, err := os.ReadFile(filepath.Join(dir, "runs"))
		if err != nil || strings.TrimSpace(string(ran)) != string(rune('0'+runs)) {
			t.Errorf("after the codes %s it ran %s times, want %d (%v)", codes, ran, runs, err)
		}
	}
}

func TestTheLanguageTopicListsAllBlocksAndFunctions(t *testing.T) {
	text := helpTexts()["language"]
	for _, b := range spec.Blocks() {
		for _, attribute := range b.Attributes {
			if !strings.Contains(text, attribute) {
				t.Errorf("%s of %s is missing", attribute, b.Header)
			}
		}
	}
	for _, name := range []string{"csvdecode", "try", "templatefile", "slug"} {
		if !strings.Contains(text, " "+name+" ") && !strings.Contains(text, " "+name+"\n") {
			t.Errorf("the function %s is missing", name)
		}
	}
}
