package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v3"
)

// exampleExits are the exit codes of examples that end with another one than 0
// where they are run here.
var exampleExits = map[string]int{
	"apixo-batch resolve jobs.hcl": exitDoubt,
}

// Each example of each command's help is run as it stands, in a directory where
// it makes sense.
func TestEveryExampleOfTheHelpRuns(t *testing.T) {
	t.Parallel()
	w := &helpWorlds{bin: t.TempDir(), ledger: filepath.Join(t.TempDir(), "ledger.jsonl"), made: make(map[helpWorld]func() string)}
	linkProgram(t, w.bin)
	w.baseURL = simulatorProcess(t, "-speed=200", "-ledger="+w.ledger)
	type test struct {
		path string
		helpExample
	}
	var tests []test
	p, _, _ := testProgram(nil, nil)
	commands(newRoot(p), "", func(c *cli.Command, path string) {
		for _, example := range helpExamples(c) {
			tests = append(tests, test{path, example})
		}
	})
	each(t, 4, tests, func(e test) string { return e.text }, func(t *testing.T, e test) {
		w.run(t, e.helpExample, exampleExits[e.text])
	})
}

// run runs an example. One that asks is told yes by -auto-approve: nobody sits
// here.
func (w *helpWorlds) run(t *testing.T, e helpExample, want int) {
	if regexp.MustCompile(`>\s*/`).MatchString(e.text) {
		t.Fatal("the example writes where it is not at home")
	}
	dir := w.enter(t, e.command)
	command := w.actual(t, dir, e.command)
	switch {
	case strings.HasPrefix(command, "apixo-batch simulator"):
		w.serves(t, dir, command, "APIXO_BASE_URL=http://127.0.0.1:", exitDone)
		return
	case strings.HasPrefix(command, "apixo-batch status -watch"):
		w.serves(t, dir, command, "State ", exitTerminated)
		return
	}
	code, stdout, stderr := w.shell(t, dir, command, nil)
	if code == exitError && strings.Contains(stderr, errNobodyToAsk.Error()) {
		code, stdout, stderr = w.shell(t, dir, command+" -auto-approve", nil)
	}
	if code != want {
		t.Errorf("%s ends with %d, want %d\n%s%s", command, code, want, stdout, stderr)
	}
	if e.pipe == "" {
		return
	}
	tool, _, _ := strings.Cut(e.pipe, " ")
	if _, err := exec.LookPath(tool); err != nil {
		if len(stdout) == 0 {
			t.Errorf("%s leaves nothing for %s", command, e.pipe)
		}
		return
	}
	if code, out, stderr := w.shell(t, dir, e.pipe, stdout); code != 0 || len(out)+len(stdout) == 0 {
		t.Errorf("%s ends with %d\n%s", e.text, code, stderr)
	}
}

// shell runs a command line in a directory.
func (w *helpWorlds) shell(t *testing.T, dir, line string, stdin []byte) (code int, stdout []byte, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	cmd := w.shellCommand(dir, line)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &err
	if failed := cmd.Run(); failed != nil && !errors.As(failed, new(*exec.ExitError)) {
		t.Fatal(failed)
	}
	return cmd.ProcessState.ExitCode(), out.Bytes(), err.String()
}

func (w *helpWorlds) shellCommand(dir, line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+w.bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"APIXO_BASE_URL="+w.baseURL, "APIXO_API_KEY=made-up", "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, ".local"))
	return cmd
}

// serves checks a command that goes on until it is ended: how its first line begins,
// and its exit code.
func (w *helpWorlds) serves(t *testing.T, dir, command, begins string, code int) {
	cmd := w.shellCommand(dir, "exec "+command)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // what matters of it is the exit code
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.HasPrefix(line, begins) {
		t.Errorf("%s: exit code %d, and says %q", command, got, line)
	}
}
