package main

import (
	"os"
	"strings"
	"testing"
)

// Whoever looks for a state where there is none is told which there are, each with
// the whole command that takes it.
func TestAStateThatIsMissingNamesThoseBesideIt(t *testing.T) {
	for _, test := range []struct {
		name, files, line string
		want              []string
		not               string
	}{
		{"simulated, and the directory asked", "jobs.hcl jobs.simulated.state.json", "output", []string{"There is jobs.simulated.state.json:\n  apixo-batch output -simulate jobs.hcl"}, "-state=PATH"},
		{"simulated, of the same file", "jobs.hcl jobs.simulated.state.json", "state list jobs.hcl", []string{"apixo-batch state list -simulate jobs.hcl"}, "-state=PATH"},
		{"real, and simulated asked", "jobs.hcl jobs.state.json", "show -simulate jobs.hcl", []string{"there is no state jobs.simulated.state.json", "apixo-batch show jobs.hcl"}, "-state=PATH"},
		{"of the directory, and a file asked", "jobs.hcl apixo.simulated.state.json", "spend jobs.hcl", []string{"There is apixo.simulated.state.json:\n  apixo-batch spend -simulate\n"}, "-state="},
		{"an argument is repeated", "jobs.hcl jobs.simulated.state.json", "state show task.hero jobs.hcl", []string{"apixo-batch state show -simulate task.hero jobs.hcl"}, ""},
		{"of no configuration", "jobs.hcl old.state.json", "state list jobs.hcl", []string{"apixo-batch state list -state=old.state.json jobs.hcl"}, "-simulate"},
		{"its own first", "a.hcl a.state.json jobs.hcl jobs.simulated.state.json", "status jobs.hcl", []string{"  apixo-batch status -simulate jobs.hcl\nThere is a.state.json"}, ""},
		{"many", "jobs.hcl a.state.json b.state.json c.state.json d.state.json", "state list jobs.hcl", []string{"c.state.json", "and 1 more in ."}, "d.state.json"},
		{"none", "jobs.hcl", "state list jobs.hcl", []string{"there is no state jobs.state.json. -state=PATH names another one"}, "There is"},
		{"a file's, and the directory asked", "jobs.hcl jobs.state.json", "state list", []string{"pass jobs.hcl to go on with it"}, "bought again"},
		{"a file's, and the directory planned", "jobs.hcl jobs.state.json", "plan", []string{"everything would be bought again: jobs.hcl has a state of its own"}, ""},
		{"a file's, and the directory downloaded", "jobs.hcl jobs.state.json", "download", []string{"pass jobs.hcl to go on with it"}, "bought again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name := range strings.FieldsSeq(test.files) {
				if err := os.WriteFile(name, []byte("batch {}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := strings.Fields(test.line)
			p, out, errs := testProgram(args, nil)
			code := p.execute(append([]string{"apixo-batch"}, args...))
			said := errs.String()
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("exit code %d\n%s%s\nwant %q", code, out, said, want)
				}
			}
			if test.not != "" && strings.Contains(said, test.not) {
				t.Errorf("%q is in\n%s", test.not, said)
			}
		})
	}
}
