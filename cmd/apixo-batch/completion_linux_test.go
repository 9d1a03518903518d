package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each shell puts candidates in so that the command gets them as they are. The
// command here completes as the program does, and otherwise notes what it got.
func TestShellsPassCandidatesOnUnchanged(t *testing.T) {
	t.Parallel()
	for _, shell := range []struct {
		name   string
		args   []string
		begin  string // what loads the script
		prompt string
	}{
		{"bash", []string{"--norc", "--noprofile", "-i"}, `bind 'set bell-style none'; source <(apixo-batch completion bash)`, `PS1='ready> '`},
		{"zsh", []string{"-f", "-i"}, `autoload -Uz compinit; compinit -u -D; source <(apixo-batch completion zsh)`, `PS1='ready> '`},
		{"fish", []string{"--no-config", "-i"}, `apixo-batch completion fish | source`, `function fish_prompt; echo -n 'ready> '; end`},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell.name); err != nil {
				t.Skipf("needs %s, which is not installed", shell.name)
			}
			w := newShellWorld(t)
			cmd := exec.Command(shell.name, shell.args...)
			cmd.Dir = w.dir
			cmd.Env = append(os.Environ(), "PATH="+w.bin+":"+os.Getenv("PATH"), "HOME="+w.dir, "TERM=xterm", "INPUTRC=/dev/null", "LC_ALL=C.UTF-8")
			term := newTerminal(t)
			term.start(t, cmd)
			// The prompt is set last and in two parts, so that what is typed is not
			// taken for it.
			fmt.Fprintf(term.seat, "%s; %s\n", shell.begin, strings.Replace(shell.prompt, "ready> ", "rea''dy> ", 1))
			term.await(t, "ready> ")
			for _, test := range []struct{ typed, want string }{
				{`pl`, `plan`},
				{`plan -repl`, `plan|-replace=`},
				{`plan -replace=task.c`, `plan|-replace=task.cover`},
				{`plan -replace=task.hero\[\"c`, `plan|-replace=task.hero["cat"]`},
				{`plan -replace='task.hero["d`, `plan|-replace=task.hero["d $HOME!"]`},
				{`plan -replace "task.hero[\"i`, `plan|-replace|task.hero["it's"]`},
				{`plan -replace 'task.hero["a`, `plan|-replace|task.hero["a/b:c=d"]`},
				{`plan -replace=task.hero\[\"a`, `plan|-replace=task.hero["a/b:c=d"]`},
				{`plan -state=my`, `plan|-state=my state.json`},
				{`plan jo`, `plan|jobs.hcl`},
				{`plan sub`, `plan|sub/`},
			} {
				fmt.Fprintf(term.seat, "apixo-batch %s\t\n", test.typed)
				w.expect(t, term, test.typed, test.want)
			}
		})
	}
}

// shellWorld is a directory with a configuration, and a command that stands in
// for the program.
type shellWorld struct{ dir, bin, got string }

func newShellWorld(t *testing.T) *shellWorld {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	w := &shellWorld{dir: filepath.Join(root, "work"), bin: filepath.Join(root, "bin"), got: filepath.Join(root, "got")}
	for name, content := range map[string]string{
		"work/jobs.hcl": `task "cover" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cover", aspect_ratio = "1:1" }
}
task "hero" {
  model    = "nano-banana"
  for_each = toset(["cat", "d $HOME!", "it's", "a/b:c=d"])
  input    = { mode = "text-to-image", prompt = each.key, aspect_ratio = "1:1" }
}
`,
		"work/my state.json": "", "work/sub/x.hcl": "",
		"bin/apixo-batch": "#!/bin/sh\n" +
			"case $1 in __complete|completion) exec " + filepath.Join(root, "real", "apixo-batch") + ` "$@";; esac` + "\n" +
			`printf '%s|' "$@" > ` + w.got + ".new && mv " + w.got + ".new " + w.got + "\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "real"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(root, "real", "apixo-batch")); err != nil {
		t.Fatal(err)
	}
	return w
}

// expect waits for what the command got, and removes it.
func (w *shellWorld) expect(t *testing.T, term *terminal, typed, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a real process lives in real time
		got, err := os.ReadFile(w.got)
		if err != nil {
			continue
		}
		if string(got) != want+"|" {
			t.Errorf("%s becomes %s, want %s", typed, got, want)
		}
		if err := os.Remove(w.got); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("%s was never run\n%s", typed, term.text())
}
