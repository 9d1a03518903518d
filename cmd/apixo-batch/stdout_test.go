package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/simulator"
)

// answeringCommands is a command line for every command, after an apply of jobs.hcl.
var answeringCommands = map[string]string{
	"init": "init new", "validate": "validate jobs.hcl", "fmt": "fmt unformatted.hcl", "graph": "graph jobs.hcl",
	"plan": "plan -simulate jobs.hcl", "apply": "apply -simulate -auto-approve more.hcl", "resume": "resume -simulate jobs.hcl",
	"download": "download -simulate jobs.hcl", "status": "status -simulate jobs.hcl", "show": "show -simulate jobs.hcl",
	"output": "output -simulate jobs.hcl", "console": "console -simulate jobs.hcl", "resolve": "resolve -simulate jobs.hcl",
	"spend": "spend -simulate jobs.hcl", "balance": "balance", "models": "models", "explain": "explain",
	"support": "support -simulate task.one jobs.hcl", "state list": "state list -simulate jobs.hcl",
	"state show": "state show -simulate task.one jobs.hcl", "state mv": "state mv -simulate -dry-run task.one task.two jobs.hcl",
	"state rm": "state rm -simulate task.one spare.hcl", "state pull": "state pull -simulate jobs.hcl",
	"state push": "state push -simulate jobs.simulated.state.json jobs.hcl", "state check": "state check -simulate jobs.hcl",
	"state recover": "state recover -simulate jobs.hcl", "simulator": "simulator -help", "version": "version",
	"completion": "completion bash", "report": "report -simulate -html=report -csv jobs.hcl", "help": "help apply",
}

// notAnswering are the commands without a line there: what they do takes more than
// one process.
var notAnswering = []string{"force-unlock"}

func TestEveryCommandHasALineThatAnswers(t *testing.T) {
	p, _, _ := testProgram(nil, nil)
	lines := len(notAnswering)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		name := strings.TrimPrefix(path, "apixo-batch ")
		if len(c.Commands) > 0 || c.Hidden || name == notAnswering[0] {
			return
		}
		lines++
		if answeringCommands[name] == "" {
			t.Errorf("%s has no line in answeringCommands", name)
		}
	})
	if lines != len(answeringCommands)+len(notAnswering) {
		t.Errorf("%d commands, and %d lines", lines, len(answeringCommands)+len(notAnswering))
	}
}

const answeredJob = `
task "one" {
  model  = "nano-banana"
  input  = { mode = "text-to-image", prompt = "one", aspect_ratio = "1:1" }
  output = "out/NAME.png"
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
output "files" {
  value = task.one.files
}
`

// brokenOutput fails every write.
type brokenOutput struct{ err error }

func (b brokenOutput) Write([]byte) (int, error) { return 0, b.err }

// answers is a directory with a state, in which each command has something to say.
func answers(t *testing.T) (env map[string]string, dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	sim, err := simulator.New(simulator.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(func() { server.Close(); sim.Close() })
	for _, name := range []string{"jobs", "more", "spare"} {
		config := strings.ReplaceAll(answeredJob, "NAME", name)
		if err := os.WriteFile(name+".hcl", []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env = map[string]string{baseURLVariable: server.URL, keyVariable: "sk-canary-output"}
	for _, config := range []string{"jobs.hcl", "spare.hcl"} {
		p, out, errs := testProgram(nil, env)
		if code := p.execute([]string{"apixo-batch", "apply", "-simulate", "-auto-approve", config}); code != exitDone {
			t.Fatalf("exit code %d\n%s%s", code, out, errs)
		}
	}
	if err := os.WriteFile("unformatted.hcl", []byte("batch   {\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return env, dir
}

// answer runs a command, in a copy of the directory, whose standard output fails.
func answer(t *testing.T, dir string, env map[string]string, line string, broken error) (code int, errs string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.CopyFS(".", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(line)
	p, _, stderr := testProgram(args, env)
	p.stdout.to = brokenOutput{broken}
	typed := filepath.Join(t.TempDir(), "typed")
	if err := os.WriteFile(typed, []byte("1 + 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(typed)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p.stdin = in
	code = p.execute(append([]string{"apixo-batch"}, args...))
	return code, stderr.String()
}

func TestAnAnswerThatCannotBeWrittenIsAnError(t *testing.T) {
	env, dir := answers(t)
	for name, line := range answeringCommands {
		t.Run(name, func(t *testing.T) {
			code, errs := answer(t, dir, env, line, syscall.ENOSPC)
			if code != exitError || !strings.Contains(errs, "the answer could not be written whole: no space left on device") {
				t.Errorf("%s: exit code %d, %q", line, code, errs)
			}
		})
	}
}

// head and its like go away when they have enough: nothing is wrong then.
func TestAReaderThatWentAwayChangesNothing(t *testing.T) {
	env, dir := answers(t)
	for name, line := range answeringCommands {
		t.Run(name, func(t *testing.T) {
			code, errs := answer(t, dir, env, line, syscall.EPIPE)
			if code != exitDone || strings.Contains(errs, "Error:") {
				t.Errorf("%s: exit code %d, %q", line, code, errs)
			}
		})
	}
}

// What a run came to is told by its exit code, also where its words are lost.
func TestTheCodeOfARunOutranksThatOfItsWords(t *testing.T) {
	p, _, errs := testProgram(nil, nil)
	p.stdout.to = brokenOutput{syscall.ENOSPC}
	p.stdout.Write([]byte("lost"))
	for code, want := range map[int]int{exitDone: exitError, exitChanges: exitError, exitError: exitError, exitDoubt: exitDoubt, exitInterrupted: exitInterrupted} {
		if got := p.answered(code); got != want {
			t.Errorf("%d becomes %d, want %d\n%s", code, got, want, errs)
		}
	}
}

// Of a terminal that was closed a write fails as of a broken disk. There is nobody
// to read what was lost, and a run that was started with nohup has done its work.
func TestOnlyWhatSomebodyMissesIsLost(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		fails    error
		want     error
	}{
		{true, syscall.EIO, nil},
		{false, syscall.EIO, syscall.EIO},
		{true, syscall.ENOSPC, syscall.ENOSPC},
		{false, syscall.EPIPE, nil},
	} {
		o := &output{to: brokenOutput{c.fails}, terminal: c.terminal}
		if _, err := o.Write([]byte("answer")); err != nil || o.lost() != c.want {
			t.Errorf("terminal %v, %v: lost %v, written %v", c.terminal, c.fails, o.lost(), err)
		}
	}
}
