package main

import (
	"os"
	"strings"
	"testing"
)

// What each kind of file that runs append to accepts, in one table: "" is refused, and
// left as it is.
func TestWhatIsAppendedTo(t *testing.T) {
	for name, c := range map[string]struct {
		kind appended
		want map[string]string // what a file becomes, by what it holds
	}{
		"a log": {appendedLog, map[string]string{
			"": "next", "time=1 a\n": "time=1 a\nnext", `{"time":1}` + "\n" + `{"ti`: `{"time":1}` + "\n" + `{"ti` + "\nnext", "time=": "time=\nnext",
			"tim": "", "{": "", "\x89PNG": "", "notes\n": "", eventsHead: "", " time=1\n": "",
		}},
		"events": {appendedEvents, map[string]string{
			"": "next", eventsHead + "1}\n": eventsHead + "1}\nnext", eventsHead: eventsHead + "\nnext",
			"{": "", "time=1\n": "", `{"time":1}`: "", "\x89PNG": "",
		}},
		"a trace": {appendedTrace, map[string]string{
			"": traceHead + "next", traceHead: traceHead + "next", traceHead + "task.a\tb": traceHead + "task.a\tb\nnext",
			traceHead[:len(traceHead)-1]: "", "address\n": "", "\x89PNG": "",
		}},
		"a summary": {appendedSummary, map[string]string{
			"": "next", "<!-- apixo-batch report -->\n# Results": "<!-- apixo-batch report -->\n# Results\nnext",
			"# Notes\n": "", "{": "", "half a line": "", "\x89PNG": "", "<!--": "",
		}},
		"the summary of a step": {appendedStep, map[string]string{
			"": "next", "# Notes\n": "# Notes\nnext", "half a line": "half a line\nnext", "\x89PNG": "", "a\x00b": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for found, want := range c.want {
				if err := os.WriteFile("file", []byte(found), 0o600); err != nil {
					t.Fatal(err)
				}
				file, err := c.kind.open("file")
				if err == nil {
					_, err = file.WriteString("next")
					file.Close()
				}
				if want == "" && (err == nil || !strings.Contains(err.Error(), "nothing was written to it")) || want != "" && err != nil {
					t.Errorf("%q: %v", found, err)
				}
				if want == "" {
					want = found
				}
				if got, err := os.ReadFile("file"); err != nil || string(got) != want {
					t.Errorf("%q became %q, want %q (%v)", found, got, want, err)
				}
			}
		})
	}
}

// No kind is appended to, nor begun, where that would be a part of something else.
func TestWhereNothingIsAppended(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("jobs.state.json", []byte(eventsHead), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"link": "jobs.state.json", "dangling": "x.state.journal"} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip(err)
		}
	}
	for name, kind := range map[string]appended{"log": appendedLog, "events": appendedEvents, "trace": appendedTrace, "summary": appendedSummary, "step": appendedStep} {
		for path, want := range map[string]string{
			"jobs.hcl": "the name of a part of a configuration", "x.hcl.json": "the name of a part of a configuration", "x.state.journal": "the name of a part",
			"jobs.state.json": "the name of a part", "link": "the name of a part", "dangling": "a link to nothing",
			"nowhere/file": "the directory nowhere does not exist", ".": "it is a directory",
		} {
			if file, err := kind.open(path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s: %v, %v", name, path, file, err)
			}
		}
		if file, err := kind.open(os.DevNull); (err == nil) != kind.device || err != nil && !strings.Contains(err.Error(), "Name a file") {
			t.Errorf("%s: %s: %v, %v", name, os.DevNull, file, err)
		}
	}
	if _, err := appendedSummary.open("results.json"); err == nil || !strings.Contains(err.Error(), "a file of Markdown") {
		t.Error(err)
	}
	for _, path := range []string{"jobs.hcl", "x.state.journal", "results.json"} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
}
