package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const askingJobs = `
variable "style" {
  type        = string
  description = "How everything is drawn."
}
variable "token" {
  type      = string
  sensitive = true
}
task "hero" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a harbour, ${var.style}", aspect_ratio = "1:1", note = var.token }
}
`

// asking starts plan on a terminal with a configuration of two variables that
// nothing sets.
func asking(t *testing.T, environ string, args ...string) (*terminal, func() int) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(askingJobs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, dir, "", append([]string{"plan", "-simulate"}, args...)...)
	cmd.Env = append(cmd.Env, "TERM=xterm", environ)
	term := newTerminal(t)
	term.start(t, cmd)
	return term, func() int {
		cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}
}

func TestVariablesAreAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	term, wait := asking(t, "APIXO_INPUT=1")
	term.await(t, "var.style (string)")
	term.await(t, "How everything is drawn.")
	term.types(t, "linocut\n")
	term.await(t, "var.token (string)")
	term.awaitHidden(t)
	term.types(t, "hunter2\n")
	term.await(t, "1 to add")
	if code := wait(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, term.text())
	}
	if text := term.text(); strings.Contains(text, "hunter2") {
		t.Errorf("the secret is shown:\n%s", text)
	}
}

func TestNothingIsAskedWhereThatIsRuledOut(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func() (*terminal, func() int){
		"APIXO_INPUT=0": func() (*terminal, func() int) { return asking(t, "APIXO_INPUT=0") },
		"-input=false":  func() (*terminal, func() int) { return asking(t, "APIXO_INPUT=1", "-input=false") },
	} {
		term, wait := start()
		if code := wait(); code != exitError || strings.Contains(term.text(), "Enter a value") {
			t.Errorf("%s: exit code %d\n%s", name, code, term.text())
		}
		term.await(t, "APIXO_VAR_style")
	}
}

func TestASignalAtAQuestionForAVariableEndsTheCommand(t *testing.T) {
	t.Parallel()
	term, wait := asking(t, "APIXO_INPUT=1")
	term.await(t, "Enter a value: ")
	term.types(t, "\x03")
	if code := wait(); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, term.text())
	}
}

// types sends keys.
func (term *terminal) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := term.seat.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}
