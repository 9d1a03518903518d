package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/simulator"
)

// defaultBreaks is COMP_WORDBREAKS as bash begins with it.
const defaultBreaks = " \t\n\"'><=;|&(:"

const completionConfig = `
variable "style" {}
task "cover" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cover in ${var.style}", aspect_ratio = "1:1" }
}
task "hero" {
  model    = "nano-banana"
  for_each = toset(["it's $HOME", "a/b"])
  input    = { mode = "text-to-image", prompt = each.key, aspect_ratio = "1:1" }
}
output "files" {
  description = "all of them"
  value       = task.cover.files
}
`

// completed lists what the words go on as, in a directory with files.
func completed(t *testing.T, files map[string]string, words ...string) []string {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, _, _ := testProgram(nil, map[string]string{"HOME": "."})
	var texts []string
	for _, c := range p.candidates(newRoot(p), words) {
		texts = append(texts, c.text)
	}
	return texts
}

func TestCompletionOffersWhatFits(t *testing.T) {
	files := map[string]string{
		"jobs.hcl": completionConfig, "more.hcl.json": "{}", "notes.txt": "", "sub/x.hcl": "", "a b.txt": "", ".hidden.hcl": "", "line\nbreak.txt": "",
	}
	hero := []string{`task.hero["a/b"]`, `task.hero["it's $HOME"]`, "task.hero"}
	for _, test := range []struct {
		words string // separated by |
		want  []string
	}{
		{"pl", []string{"plan"}},
		{"state|r", []string{"rm", "recover"}},
		{"__", nil},
		{"plan|-repl", []string{"-replace="}},
		{"plan|--repl", []string{"--replace="}},
		{"plan|-chd", []string{"-chdir="}},
		{"report|-html=s", []string{"-html=sub/"}},
		{"report|-csv=no", []string{"-csv=notes.txt"}},
		{"apply|-trace=no", []string{"-trace=notes.txt"}},
		{"plan|-offline=", []string{"-offline=true", "-offline=false"}},
		{"plan|-nosuch=", nil},
		{"plan|jo", []string{"jobs.hcl"}},
		{"plan|", []string{"jobs.hcl", "more.hcl.json", "sub/"}},
		{"plan|sub/", []string{"sub/x.hcl"}},
		{"plan|~/s", []string{"~/sub/"}},
		{"plan|.h", []string{".hidden.hcl"}},
		{"plan|nowhere/", nil},
		{"plan|jobs.hcl|", nil},
		{"plan|--|-", nil},
		{"-chdir=", []string{"-chdir=sub/"}},
		{"plan|-state|n", []string{"notes.txt"}},
		{"plan|-var-file=a", []string{"-var-file=a b.txt"}},
		{"graph|-format=", []string{"-format=dot", "-format=mermaid"}},
		{"graph|-format|m", []string{"mermaid"}},
		{"models|-kind=v", []string{"-kind=video"}},
		{"simulator|-parameters=s", []string{"-parameters=strict"}},
		{"spend|-by=d", []string{"-by=day"}},
		{"apply|-halt=s", []string{"-halt=soon,fail="}},
		{"plan|-var=style=x|-replace|task.h", hero},
		{"plan|-var|style=x|jobs.hcl|-replace|task.c", []string{"task.cover"}},
		{`plan|-var=style=x|-replace|task.hero["i`, []string{`task.hero["it's $HOME"]`}},
		{"plan|-replace|task.h", nil}, // the configuration lacks the value of a variable
		{"output|-var=style=x|f", []string{"files"}},
		{"explain|Task", []string{"Task TimeOut"}},
		{"explain|in_d", []string{"in_doubt"}},
		{"completion|", []string{"bash", "zsh", "fish", "pwsh"}},
		{"help|state|pu", []string{"pull", "push"}},
		{"help|nosuch|", nil},
		{"nosuch|", nil},
	} {
		t.Run(test.words, func(t *testing.T) {
			got := completed(t, files, strings.Split(test.words, "|")...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompletionOffersBlocksForManyInstances(t *testing.T) {
	config := `task "many" {
  model = "nano-banana"
  count = 101
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
`
	for word, want := range map[string]int{"task.": 1, "task.many[": 101, "task.many[10": 2} {
		if got := completed(t, map[string]string{"jobs.hcl": config}, "plan", "-replace", word); len(got) != want {
			t.Errorf("%s: %d candidates, want %d: %q", word, len(got), want, got)
		}
	}
}

// What the help calls a value decides what is offered for it, so each such word
// must be one that completion knows, or be up to the user.
func TestCompletionKnowsTheWordsOfTheHelp(t *testing.T) {
	free := strings.Fields("DURATION HOST:PORT ID KEY N NAME=VALUE NONCE NUMBER SECONDS TEXT TIME URL USD WORD -")
	offered := strings.Fields("ADDRESS CODE COMMAND DESTINATION DIR FILE FORMAT HOW KIND MODEL NAME PATH PATTERN PLANFILE SHELL SOURCE STATUS TOPIC WHAT WHEN")
	known := slices.Concat(free, offered)
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		for _, f := range c.Flags {
			if name := valueName(f); name != "" && !slices.Contains(known, name) {
				t.Errorf("%s -%s=%s: completion does not know %s", path, f.Names()[0], name, name)
			}
		}
		for position := range 4 {
			for _, kind := range argumentKinds(c.ArgsUsage, position) {
				if !slices.Contains(known, kind) {
					t.Errorf("%s %s: completion does not know %s", path, c.ArgsUsage, kind)
				}
			}
		}
	})
}

func TestArgumentKinds(t *testing.T) {
	for _, test := range []struct {
		usage    string
		position int
		want     []string
	}{
		{"[PATH]", 0, []string{"PATH"}},
		{"[PATH]", 1, nil},
		{"", 0, nil},
		{"[PATH or PLANFILE]", 0, []string{"PATH", "PLANFILE"}},
		{"ADDRESS [PATH]", 0, []string{"ADDRESS"}},
		{"ADDRESS [PATH]", 1, []string{"PATH"}},
		{"[NAME] [PATH]", 0, []string{"NAME", "PATH"}},
		{"[ADDRESS...] [PATH]", 0, []string{"ADDRESS", "PATH"}},
		{"[ADDRESS...] [PATH]", 3, []string{"ADDRESS", "PATH"}},
		{"FILE|- [PATH]", 0, []string{"FILE", "-"}},
		{"SHELL WORD...", 5, []string{"WORD"}},
	} {
		if diff := cmp.Diff(test.want, argumentKinds(test.usage, test.position)); diff != "" {
			t.Errorf("%s at %d: %s", test.usage, test.position, diff)
		}
	}
}

func TestCompletionFitsWhatBashReplaces(t *testing.T) {
	address := candidate{text: `task.hero["it's $HOME"]`}
	flag := candidate{text: `-replace=task.hero["a!b\\"]`}
	for _, test := range []struct {
		line string
		c    candidate
		want string // "" if nothing is offered
	}{
		{`x task.h`, address, `'task.hero["it'\''s $HOME"]'`},
		{`x task.hero\[\"`, address, `'task.hero["it'\''s $HOME"]'`},
		{`x 'task.hero["`, address, `'task.hero["it'\''s $HOME"]'`},
		{`x task.'hero["`, address, `'hero["it'\''s $HOME"]'`},
		{`x "task.`, address, `"task.hero[\"it's \$HOME\"]"`},
		{`x 'task.hero["it'\''s `, address, `'s $HOME"]'`},
		{`x other`, candidate{text: "otherwise"}, `otherwise`},
		{`x -replace=task`, flag, `'task.hero["a!b\\"]'`},
		{`x -replace="`, flag, `"task.hero[\"a"'!'"b\\\\\"]"`},
		{`x -repl`, candidate{text: "-replace="}, `-replace=`},
		{`x ~/a`, candidate{text: "~/a b"}, `~/'a b'`},
		{`x C:`, candidate{text: "C:file"}, `file`},
		{`x other:`, candidate{text: "something"}, ""},
	} {
		fitting := splitShell(test.line, defaultBreaks).fit([]candidate{test.c})
		got := ""
		if len(fitting) > 0 {
			got = fitting[0].text
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.line, got, test.want)
		}
	}
}

func TestCompletionQuotesAllCandidatesAlike(t *testing.T) {
	fitting := splitShell("x task.", defaultBreaks).fit([]candidate{{text: "task.cover"}, {text: `task.hero["a"]`}})
	want := []candidate{{text: "'task.cover'"}, {text: `'task.hero["a"]'`}}
	if diff := cmp.Diff(want, fitting, cmp.AllowUnexported(candidate{})); diff != "" {
		t.Error(diff)
	}
}

// Whatever is typed, bash reads what is put in its place as the word that was
// offered.
func FuzzCompletionForBash(f *testing.F) {
	for _, seed := range []string{`task.h`, `'task.hero["`, `"task.hero[\"it's`, `task.hero\[`, `-replace=task`, `-replace='t`, `a'b'"c"\d`, `~/x`, `\`, `'`} {
		f.Add(seed, `["it's $HOME !\"]`)
	}
	f.Fuzz(func(t *testing.T, word, rest string) {
		before := splitShell("x "+word, defaultBreaks)
		current := before.words[len(before.words)-1]
		fitting := before.fit([]candidate{{text: current + rest}})
		if len(fitting) != 1 {
			t.Fatalf("%q: %d candidates fit", word, len(fitting))
		}
		after := splitShell("x "+fitting[0].text, defaultBreaks)
		want := (current + rest)[before.kept:]
		if got := after.words[len(after.words)-1]; len(after.words) != 2 || got != want || after.quote != 0 {
			t.Errorf("%q and %q: bash reads %q as %q, want %q", word, rest, fitting[0].text, after.words, want)
		}
	})
}

func TestHiddenCommandIsSilent(t *testing.T) {
	for _, args := range [][]string{{"zsh"}, {"zsh", ""}, {"bash", "apixo-batch", ""}, {"bash", "", ""}, {"zsh", "-chdir=/nowhere/at/all", "pl"}, {}} {
		args = append([]string{"apixo-batch", "__complete"}, args...)
		p, _, err := testProgram(args[1:], nil)
		if code := p.exit(newRoot(p).Run(context.Background(), args)); code != exitDone || err.Len() > 0 {
			t.Errorf("%q: exit code %d, %s", args, code, err)
		}
	}
}

// What TAB offers of a fixed set, the command takes.
func TestCompletionOffersValuesThatTheirParserTakes(t *testing.T) {
	simulate := func(change func(*simulator.Config)) error {
		var c simulator.Config
		change(&c)
		sim, err := simulator.New(c)
		if err != nil {
			return err
		}
		return sim.Close()
	}
	for _, test := range []struct {
		words string
		n     int
		parse func(value string) error
	}{
		{"graph|-format=", 2, func(v string) error { return runs("graph", "-format="+v) }},
		{"models|-kind=", 3, func(v string) error { return runs("models", "-kind="+v) }},
		{"spend|-by=", len(view.Groupings), func(v string) error { return runs("spend", "-simulate", "-by="+v) }},
		{"simulator|-parameters=", 3, func(v string) error { _, err := simulator.ParseParameters(v); return err }},
		{"simulator|-funds=", 2, func(v string) error {
			status, err := strconv.Atoi(v)
			return errors.Join(err, simulate(func(c *simulator.Config) { c.FundsStatus = status }))
		}},
		{"apply|-halt=", 3, func(v string) error {
			if strings.HasSuffix(v, "=") {
				v += "1"
			}
			_, err := parseHalt(v)
			return err
		}},
	} {
		offered := completed(t, map[string]string{"jobs.hcl": "batch {}\n", "apixo.simulated.state.json": ""}, strings.Split(test.words, "|")...)
		if len(offered) != test.n {
			t.Errorf("%s: %q", test.words, offered)
		}
		for _, word := range offered {
			_, value, _ := strings.Cut(word, "=")
			if err := test.parse(value); err != nil && !strings.Contains(err.Error(), "apixo.simulated.state") {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
}

// runs runs a command; the error is what it said, if that was an error.
func runs(args ...string) error {
	p, _, errs := testProgram(args, nil)
	if code := p.execute(append([]string{"apixo-batch"}, args...)); code != exitDone {
		return errors.New(errs.String())
	}
	return nil
}

// TAB knows the models that the command will know.
func TestCompletionKnowsTheCatalogInUse(t *testing.T) {
	const own = `{"models": [{"id": "own-model", "kind": "image"}]}`
	files := map[string]string{"own.json": own, "broken.json": "{"}
	for words, want := range map[string][]string{
		"models|-catalog=own.json|own":    {"own-model"},
		"models|own":                      nil,
		"models|-catalog=own.json|nano":   nil,
		"models|-catalog=broken.json|veo": {"veo-3-1"},
	} {
		if got := completed(t, files, strings.Split(words, "|")...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	p, _, _ := testProgram(nil, map[string]string{catalogVariable: "own.json"})
	if got := p.candidates(newRoot(p), []string{"models", "o"}); len(got) != 1 || got[0].text != "own-model" {
		t.Errorf("%s: %+v", catalogVariable, got)
	}
}
