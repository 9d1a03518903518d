package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// Every way to get a command line wrong, and what the program says to it, in one
// file to be read from top to bottom: testdata/messages.txt. Commands and flags
// are found by themselves, the rest is in wrongValues and wrongArguments.
func TestMessagesOfWrongCommandLines(t *testing.T) {
	env := map[string]string{"APIXO_BASE_URL": "http://127.0.0.1:1", "APIXO_API_KEY": canary}
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"jobs.hcl": fmt.Sprintf(helpConfig, " [sim:drop]"), "notes.txt": "no configuration",
		"shown.vars.hcl": "style = \"ink\"\n", "empty.jsonl": "", "pictures/one.txt": "",
	} {
		if d, _, ok := strings.Cut(name, "/"); ok {
			if err := os.Mkdir(d, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inVirtualTime(t, func(t *testing.T, r *rehearsal) {
		r.env = env
		r.command(t, exitDoubt, "apply", "-auto-approve", "jobs.hcl")
		r.command(t, exitDone, "plan", "-out=jobs.plan", "jobs.hcl")
	})
	var text strings.Builder
	for _, part := range wrongCommandLines() {
		fmt.Fprintf(&text, "# %s\n\n", part.title)
		for _, line := range part.lines {
			t.Chdir(dir)
			p, out, err := testProgram(line, env)
			p.stdin = devNull(t)
			code := p.execute(append([]string{"apixo-batch"}, line...))
			if code != exitError || out.Len() > 0 {
				t.Errorf("%q: exit code %d, and on standard output %q", line, code, out)
			}
			if !strings.HasPrefix(err.String(), "Error: ") && !strings.HasPrefix(err.String(), "Usage: ") {
				t.Errorf("%q says %q", line, err)
			}
			fmt.Fprintf(&text, "$ apixo-batch %s\n%s\n", shown(line), strings.ReplaceAll(err.String(), dir, "$DIR"))
		}
	}
	t.Chdir(home)
	golden(t, "messages.txt", text.String())
}

// shown is a command line as one types it.
func shown(line []string) string {
	quoted := make([]string, len(line))
	for i, arg := range line {
		if quoted[i] = arg; arg == "" || strings.ContainsAny(arg, `"*?[ `) {
			quoted[i] = shellQuoted(arg)
		}
	}
	return strings.Join(quoted, " ")
}

// flagOfAnother is a flag of plan alone, and for plan itself one of the simulator.
var flagOfAnother = map[bool]string{false: "-detailed-exitcode", true: "-any-model"}

type wrongPart struct {
	title string
	lines [][]string
}

// wrongCommandLines walks the commands and makes every mistake with each.
func wrongCommandLines() []wrongPart {
	var missing, many, foreign, mistyped []string
	valueless, untyped, empty := map[string]string{}, map[string]string{}, map[string]string{}
	var misspelt []string
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		path = strings.TrimPrefix(strings.TrimPrefix(path, "apixo-batch"), " ")
		if path == "" || c.Hidden {
			return
		}
		misspelt = append(misspelt, path[:len(path)-2]+path[len(path)-1:]+path[len(path)-2:len(path)-1])
		if len(c.Commands) > 0 {
			missing = append(missing, path)
			return
		}
		if c.ArgsUsage != "" && !strings.HasPrefix(c.ArgsUsage, "[") {
			missing = append(missing, path)
		}
		many = append(many, path+" one two three four")
		foreign = append(foreign, path+" "+flagOfAnother[path == "plan"])
		longest := "help"
		for _, f := range c.Flags {
			name := f.Names()[0]
			if len(name) > len(longest) {
				longest = name
			}
			doc, ok := f.(cli.DocGenerationFlag)
			if !ok {
				continue
			}
			kind := doc.TypeName()
			if _, optional := f.(*cli.GenericFlag); optional {
				continue
			}
			if kind == "bool" {
				name = "any bool"
			}
			if doc.TakesValue() {
				valueless[name] = path + " -" + name
				empty[name] = path + " -" + name + "="
			}
			if kind != "string" && !strings.HasPrefix(kind, "[]") {
				untyped[name] = path + " -" + f.Names()[0] + "=much"
			}
		}
		mistyped = append(mistyped, path+" -"+longest[:1]+longest[2:])
	})
	return []wrongPart{
		{"A mistyped command", fields(misspelt)},
		{"No argument, where one is needed", fields(missing)},
		{"Too many arguments", fields(many)},
		{"A flag of another command", fields(append(foreign, "plan -volume=11"))},
		{"A mistyped flag", fields(mistyped)},
		{"A flag without its value", fields(sortedValues(valueless))},
		{"A flag with an empty value", fields(sortedValues(empty))},
		{"A value of the wrong type", fields(sortedValues(untyped))},
		{"A wrong value", wrongValues},
		{"A wrong argument", wrongArguments},
	}
}

func fields(lines []string) (split [][]string) {
	for _, line := range lines {
		split = append(split, strings.Fields(line))
	}
	return split
}

func sortedValues(m map[string]string) (values []string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		values = append(values, m[key])
	}
	return values
}

// wrongValues are of the right type, and wrong all the same.
var wrongValues = [][]string{
	{"plan", "-budget=much", "jobs.hcl"},
	{"plan", "-budget=-1", "jobs.hcl"},
	{"plan", "-budget=1,50", "jobs.hcl"},
	{"apply", "-parallelism=0", "jobs.hcl"},
	{"apply", "-parallelism", "jobs.hcl"},
	{"apply", "-lock-timeout=-1s", "jobs.hcl"},
	{"apply", "-lock-timeout=30", "jobs.hcl"},
	{"apply", "-replace=hero", "jobs.hcl"},
	{"apply", "-replace=task.hreo", "jobs.hcl"},
	{"apply", `-replace=task.hero["cta"]`, "jobs.hcl"},
	{"plan", "-var=style", "jobs.hcl"},
	{"plan", "-var=stile=ink", "jobs.hcl"},
	{"plan", "-var-file=nowhere.hcl", "jobs.hcl"},
	{"plan", "-var-file=pictures", "jobs.hcl"},
	{"plan", "-var-file=notes.txt", "jobs.hcl"},
	{"plan", "-state=pictures", "jobs.hcl"},
	{"plan", "-state=notes.txt", "jobs.hcl"},
	{"plan", "-state=nowhere/jobs.state.json", "jobs.hcl", "-out=x.plan"},
	{"plan", "-out=pictures", "jobs.hcl"},
	{"plan", "-out=nowhere/x.plan", "jobs.hcl"},
	{"plan", "-out=jobs.hcl", "jobs.hcl"},
	{"spend", "-by=dya", "jobs.hcl"},
	{"spend", "-by=week", "jobs.hcl"},
	{"report", "jobs.hcl"},
	{"report", "-markdown", "-csv", "jobs.hcl"},
	{"report", "-markdown=x", "-csv=x", "jobs.hcl"},
	{"report", "-csv=notes.txt", "jobs.hcl"},
	{"report", "-csv=pictures", "jobs.hcl"},
	{"report", "-csv=nowhere/x.csv", "jobs.hcl"},
	{"report", "-markdown=jobs.hcl", "jobs.hcl"},
	{"report", "-html=pictures", "jobs.hcl"},
	{"report", "-html=notes.txt", "jobs.hcl"},
	{"apply", "-concise", "-verbose", "jobs.hcl"},
	{"apply", "-trace=nowhere/trace.tsv", "jobs.hcl"},
	{"apply", "-trace=notes.txt", "jobs.hcl"},
	{"apply", "-trace=pictures", "jobs.hcl"},
	{"apply", "-trace=jobs.state.journal", "jobs.hcl"},
	{"apply", "-json-into=notes.txt", "jobs.hcl"},
	{"apply", "-json-into=/dev/fd/987", "jobs.hcl"},
	{"apply", "-ci-summary", "jobs.hcl"},
	{"apply", "-ci-summary=jobs.state.json", "jobs.hcl"},
	{"apply", "-ci-summary=results.json", "jobs.hcl"},
	{"graph", "-format=svg", "jobs.hcl"},
	{"graph", "-format=mermiad", "jobs.hcl"},
	{"simulator", "-listen=8080"},
	{"simulator", "-listen=0.0.0.0:8080"},
	{"simulator", "-speed=0"},
	{"simulator", "-balance=much"},
	{"simulator", "-rate=-5"},
	{"simulator", "-concurrent=-5"},
	{"simulator", "-faults=dorp=1%"},
	{"simulator", "-faults=drop=200%"},
	{"simulator", "-ledger=pictures"},
	{"resolve", "-errored=nowhere.jsonl", "jobs.hcl"},
	{"resolve", "-errored=pictures", "jobs.hcl"},
	{"resolve", "-errored=empty.jsonl", "jobs.hcl"},
	{"-chdir=nowhere", "plan"},
	{"-chdir=jobs.hcl", "plan"},
}

// wrongArguments are addresses, names and paths of nothing, or of something else.
var wrongArguments = [][]string{
	{"state", "show", "task.hreo", "jobs.hcl"},
	{"state", "show", "task.hero", "jobs.hcl"},
	{"state", "show", `task.hero["cta"]`, "jobs.hcl"},
	{"state", "show", "task.hero[cat]", "jobs.hcl"},
	{"state", "show", "hero", "jobs.hcl"},
	{"state", "show", "jobs.hcl"},
	{"state", "show", "jobs.hcl", `task.hero["cat"]`},
	{"support", "task.hreo", "jobs.hcl"},
	{"support", "jobs.hcl"},
	{"state", "rm", "task.hreo", "jobs.hcl"},
	{"state", "rm", `task.hero["cta"]`, "jobs.hcl"},
	{"state", "rm", "hero", "jobs.hcl"},
	{"state", "rm", "jobs.hcl"},
	{"resolve", "hero", "jobs.hcl", "-not-charged"},
	{"resolve", "task.hreo", "jobs.hcl", "-not-charged"},
	{"resolve", `task.hero["cow"]`, "jobs.hcl", "-not-charged"},
	{"resolve", `task.hero["cat"]`, "jobs.hcl"},
	{"resolve", "jobs.hcl", "-not-charged"},
	{"output", "covr", "jobs.hcl"},
	{"output", "-raw", "files", "jobs.hcl"},
	{"output", "-raw", "jobs.hcl"},
	{"explain", "NSWF"},
	{"explain", "418"},
	{"help", "aplly"},
	{"help", "state", "lst"},
	{"force-unlock", "jobs.hcl"},
	{"plan", "job.hcl"},
	{"apply", "job.hcl"},
	{"apply", "job.plan"},
	{"status", "job.hcl"},
	{"output", "job.hcl"},
	{"validate", "job.hcl"},
	{"fmt", "job.hcl"},
	{"graph", "job.hcl"},
	{"report", "-csv", "job.hcl"},
	{"spend", "job.hcl"},
	{"resolve", "job.hcl"},
	{"state", "list", "job.hcl"},
	{"state", "check", "job.hcl"},
	{"state", "recover", "job.hcl"},
	{"state", "push", "job.json", "jobs.hcl"},
	{"state", "push", "pictures", "jobs.hcl"},
	{"state", "push", "notes.txt", "jobs.hcl"},
	{"init", "jobs.hcl"},
	{"plan", "pictures"},
	{"apply", "pictures"},
	{"status", "pictures"},
	{"validate", "pictures"},
	{"state", "list", "pictures"},
	{"plan", "."},
	{"plan", "notes.txt"},
	{"apply", "notes.txt"},
	{"validate", "notes.txt"},
	{"fmt", "notes.txt"},
	{"plan", "jobs.plan"},
	{"resume", "jobs.plan"},
	{"validate", "jobs.plan"},
	{"graph", "jobs.plan"},
	{"output", "jobs.plan"},
	{"status", "jobs.plan"},
	{"spend", "jobs.plan"},
	{"resolve", "jobs.plan"},
	{"fmt", "jobs.plan"},
	{"state", "list", "jobs.plan"},
	{"plan", "jobs.state.json"},
	{"apply", "jobs.state.json"},
	{"status", "jobs.state.json"},
	{"apply", "-budget=1", "jobs.plan"},
	{"plan", "-"},
}

func devNull(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}
