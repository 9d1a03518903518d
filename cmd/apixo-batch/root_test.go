package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
	"apixo-batch/state/disk"
)

// testProgram writes to buffers and has the given environment only.
func testProgram(args []string, env map[string]string) (p *program, out, err *bytes.Buffer) {
	out, err = new(bytes.Buffer), new(bytes.Buffer)
	p = &program{
		stdout: &output{to: out}, stderr: err, args: args,
		out: stream{width: view.DefaultWidth}, err: stream{width: view.DefaultWidth},
		env:     func(name string) string { return env[name] },
		environ: func() []string { return nil },
		disk:    disk.OS, carrier: func(t http.RoundTripper) http.RoundTripper { return t },
	}
	return p, out, err
}

// commands calls visit for each command with its path.
func commands(c *cli.Command, path string, visit func(c *cli.Command, path string)) {
	path = strings.TrimSpace(path + " " + c.Name)
	visit(c, path)
	for _, sub := range c.Commands {
		commands(sub, path, visit)
	}
}

func TestEveryCommandKeepsCommasAndExplainsItself(t *testing.T) {
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		if !c.DisableSliceFlagSeparator {
			t.Errorf("%s splits values at commas", path)
		}
		if c.OnUsageError == nil || c.ExitErrHandler == nil {
			t.Errorf("%s leaves errors to the library", path)
		}
		if c.Description == "" || c.Usage == "" {
			t.Errorf("%s has no description or no short one", path)
		}
		examples, _ := c.Metadata[metaExamples].([]string)
		if len(c.Commands) == 0 && c.Name != "help" && len(examples) == 0 {
			t.Errorf("%s has no example", path)
		}
		for _, example := range examples {
			if !strings.HasPrefix(example, path) {
				t.Errorf("%s: the example %q is of another command", path, example)
			}
		}
		for _, f := range c.Flags {
			if _, text := flagHelp(f); text == "" {
				t.Errorf("%s: -%s has no text", path, f.Names()[0])
			}
		}
	})
}

func TestHelpOfEveryCommandFitsATerminalAndExitsWith0(t *testing.T) {
	var paths []string
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		if !c.Hidden {
			paths = append(paths, path)
		}
	})
	for _, path := range paths {
		args := append(strings.Fields(path), "-help")
		p, out, _ := testProgram(args[1:], nil)
		if code := p.exit(newRoot(p).Run(context.Background(), args)); code != exitDone {
			t.Errorf("%s -help exits with %d", path, code)
		}
		if !strings.HasPrefix(out.String(), "Usage: "+"apixo-batch") || !strings.Contains(out.String(), "Exit codes:") {
			t.Errorf("%s -help says %q", path, out)
		}
		for line := range strings.Lines(out.String()) {
			if len(line) > view.DefaultWidth+1 {
				t.Errorf("%s -help: %d columns: %s", path, len(line), line)
			}
		}
	}
}

func TestHelpShowsTheExitCodesAsTheCommandMeansThem(t *testing.T) {
	const submits, several, failed, locked = "nothing (more) was submitted", "When several hold", "some tasks failed for good", "another process has the state locked"
	for command, test := range map[string]struct{ shown, absent []string }{
		"apply":     {[]string{submits, several, failed, locked}, nil},
		"resume":    {[]string{submits, several, failed, locked}, nil},
		"plan":      {[]string{"changes are pending", locked}, []string{submits, several, failed}},
		"resolve":   {[]string{"some submits are in doubt", locked}, []string{submits, several, failed}},
		"fmt":       {[]string{"3 a file would change (-check)"}, []string{submits, several, failed, locked}},
		"status":    {[]string{"usage, configuration, key, I/O, refused prompt"}, []string{submits, several, failed, locked}},
		"state":     {[]string{locked}, []string{submits, several, failed}},
		"state rm":  {[]string{locked}, []string{submits, several, failed}},
		"help help": {[]string{"Exit codes:"}, []string{submits, several, failed, locked}},
		"help":      {[]string{several, failed, locked, "interrupted by Ctrl-C"}, []string{submits, "a file would change"}},
	} {
		args := append([]string{"apixo-batch", "help"}, strings.Fields(strings.TrimPrefix(command, "help"))...)
		p, out, _ := testProgram(args[1:], nil)
		if code := p.exit(newRoot(p).Run(context.Background(), args)); code != exitDone {
			t.Errorf("help of %s exits with %d", command, code)
		}
		text := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range test.shown {
			if !strings.Contains(text, want) {
				t.Errorf("the help of %s does not say %q:\n%s", command, want, out)
			}
		}
		for _, not := range test.absent {
			if strings.Contains(text, not) {
				t.Errorf("the help of %s says %q:\n%s", command, not, out)
			}
		}
	}
}

func TestHelpShowsDefaults(t *testing.T) {
	for command, wants := range map[string][]string{
		"simulator": {"takes a free one (default 127.0.0.1:0)", "default 1)", "every draw (default 1)"},
		"apply":     {"default 32, or the configuration's", "default 0s"},
		"resolve":   {"default 0s"},
	} {
		p, out, _ := testProgram([]string{command, "-help"}, nil)
		if code := p.exit(newRoot(p).Run(context.Background(), []string{"apixo-batch", command, "-help"})); code != exitDone {
			t.Errorf("%s -help exits with %d", command, code)
		}
		text := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s -help does not say %q:\n%s", command, want, out)
			}
		}
	}
}

func TestMistypedNamesGetASuggestionOnlyIfOneIsNear(t *testing.T) {
	for given, want := range map[string]string{
		"plna": ` Did you mean "plan"?`, "statu": ` Did you mean "status"?`, "appyl": ` Did you mean "apply"?`, "terraform": "", "x": "",
		"out": "", "all": "", "pan": ` Did you mean "plan"?`, "stats": ` Did you mean "status"?`, "aply": ` Did you mean "apply"?`,
	} {
		if got := didYouMean("", given, []string{"plan", "apply", "status", "state"}); got != want {
			t.Errorf("didYouMean(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestVariablesKeepTheOrderOfTheCommandLine(t *testing.T) {
	args := []string{"apixo-batch", "plan", "-var=a=1", "-var-file", "x.hcl", "--var", "b=2,3", "--var-file=y.hcl", "-var", "c=x=y"}
	p, _, _ := testProgram(args[1:], nil)
	root := newRoot(p)
	var got []spec.VarAssignment
	var failed error
	root.Command("plan").Action = func(_ context.Context, at *cli.Command) error {
		got, failed = variablesOf(p, at)
		return nil
	}
	if err := root.Run(context.Background(), args); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	want := []spec.VarAssignment{{Name: "a", Value: "1"}, {File: "x.hcl"}, {Name: "b", Value: "2,3"}, {File: "y.hcl"}, {Name: "c", Value: "x=y"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	shown := shownVariables(got)
	if diff := cmp.Diff([]string{"-var=a=...", "-var-file=x.hcl", "-var=b=...", "-var-file=y.hcl", "-var=c=..."}, shown); diff != "" {
		t.Error(diff)
	}
}

func TestColourNeedsATerminalAndNobodyAgainstIt(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		noColor  bool
		env      map[string]string
		want     bool
	}{
		{"terminal", true, false, nil, true},
		{"pipe", false, false, nil, false},
		{"-no-color", true, true, nil, false},
		{"NO_COLOR", true, false, map[string]string{"NO_COLOR": "1"}, false},
		{"NO_COLOR empty", true, false, map[string]string{"NO_COLOR": ""}, true},
		{"dumb", true, false, map[string]string{"TERM": "dumb"}, false},
	} {
		p, _, _ := testProgram(nil, test.env)
		if got := p.style(stream{terminal: test.terminal}, test.noColor).Color; got != test.want {
			t.Errorf("%s: colour %v", test.name, got)
		}
	}
	for name, env := range map[string]map[string]string{"CI": {"CI": "true"}, "dumb": {"TERM": "dumb"}} {
		p, _, _ := testProgram(nil, env)
		p.err.terminal = true
		if p.human(false, false).Live {
			t.Errorf("a live line with %s", name)
		}
	}
}
