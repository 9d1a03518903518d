package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// What every command's help must have. The rest of it is looked at in
// root_test.go, and each example is run below.
func TestHelpSaysWhatACommandDoesAndShowsIt(t *testing.T) {
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		if c.Hidden {
			return
		}
		if n := strings.Count(view.Wrap(firstParagraph(c), 2, 2, view.DefaultWidth), "\n") + 1; n > 3 || firstParagraph(c) == "" {
			t.Errorf("%s: the first paragraph of the description has %d lines, want 1 to 3", path, n)
		}
		if len(helpExamples(c)) == 0 {
			t.Errorf("%s has no example", path)
		}
		for _, example := range helpExamples(c) {
			if len(example.text)+2 > view.DefaultWidth {
				t.Errorf("%s: an example has %d columns: %s", path, len(example.text)+2, example.text)
			}
			checkFlags(t, c, path, example)
		}
	})
}

func firstParagraph(c *cli.Command) string {
	first, _, _ := strings.Cut(c.Description, "\n\n")
	return first
}

var (
	quotedPart = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	flagPart   = regexp.MustCompile(`\s-{1,2}([a-z][a-z-]*)`)
)

// checkFlags fails for a flag that the command of an example lacks.
func checkFlags(t *testing.T, c *cli.Command, path string, example helpExample) {
	t.Helper()
	words := strings.Fields(strings.TrimPrefix(example.command, path))
	for len(words) > 0 && c.Command(words[0]) != nil { // the example of a group is one of a command in it
		c, words = c.Command(words[0]), words[1:]
	}
	known := []string{"chdir", "no-color"}
	for _, f := range c.Flags {
		known = append(known, f.Names()...)
	}
	for _, found := range flagPart.FindAllStringSubmatch(quotedPart.ReplaceAllString(example.command, ""), -1) {
		if !slices.Contains(known, found[1]) {
			t.Errorf("%s: the example %q has -%s, which %s lacks", path, example.text, found[1], c.Name)
		}
	}
}

// helpExample is an example in a command's help.
type helpExample struct {
	text    string
	command string // without a comment, and what it is piped into
	pipe    string // what it is piped into
}

func helpExamples(c *cli.Command) (all []helpExample) {
	texts, _ := c.Metadata[metaExamples].([]string)
	for _, text := range texts {
		command, _, _ := strings.Cut(text, " #")
		command, pipe, _ := strings.Cut(strings.TrimSpace(command), " | ")
		all = append(all, helpExample{text, command, pipe})
	}
	return all
}

// Both ways to a command's help show the same, whether or not its flags were read.
func TestHelpIsTheSameBothWays(t *testing.T) {
	shown := func(args ...string) string {
		p, out, _ := testProgram(args, nil)
		if code := p.exit(newRoot(p).Run(t.Context(), append([]string{"apixo-batch"}, args...))); code != exitDone {
			t.Errorf("%s exits with %d", args, code)
		}
		return out.String()
	}
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		if c.Hidden {
			return
		}
		words := strings.Fields(path)[1:]
		if of, flag := shown(append([]string{"help"}, words...)...), shown(append(words, "-help")...); of != flag {
			t.Errorf("help of %s shows\n%s\nand with -help\n%s", path, of, flag)
		}
	})
}
