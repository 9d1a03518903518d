//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/simulator"
)

// unread is a pipe that is full, and that nobody reads.
func unread(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); writer.Close() })
	fill(t, writer)
	return reader, writer
}

// A run whose lines nobody takes is done as any other, and ends seconds later.
func TestAStuckReaderOfLinesHoldsUpNoRun(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for name, into := range map[string]func(t *testing.T, a *customer, cmd *exec.Cmd){
		"standard output": func(t *testing.T, a *customer, cmd *exec.Cmd) {
			cmd.Args = append(cmd.Args, "-json")
			_, cmd.Stdout = unread(t)
		},
		"a pipe with a name": func(t *testing.T, a *customer, cmd *exec.Cmd) {
			path := filepath.Join(a.dir, "lines")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { file.Close() })
			fill(t, file)
			cmd.Args = append(cmd.Args, "-json-into=lines")
		},
		"a pipe with a number": func(t *testing.T, a *customer, cmd *exec.Cmd) {
			_, writer := unread(t)
			cmd.ExtraFiles = []*os.File{writer}
			cmd.Args = append(cmd.Args, "-json-into=/dev/fd/3")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", oneJob)
			cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
			into(t, a, cmd)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			killed := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
			defer killed.Stop()
			if err := cmd.Run(); err != nil {
				t.Errorf("%v\n%s", err, errs.String())
			}
			if !strings.Contains(errs.String(), "are lost: nobody read them in time") {
				t.Errorf("standard error: %s", errs.String())
			}
			if j := a.judge(t); j.succeeded != 1 {
				t.Errorf("%+v", j)
			}
		})
	}
}

// The lines go beside what people read, and each command adds to the file.
func TestLinesGoIntoAFileToo(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", oneJob)
	for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"resume"}, {"download"}} {
		said := answerOf(t, a, exitDone, append(args, "-json-into=lines.json", "jobs.hcl")...)
		if len(said) == 0 || said[0] == '{' {
			t.Errorf("%s says %q", args[0], said)
		}
	}
	path := filepath.Join(a.dir, "lines.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	lines, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{`"type":"version"`: 4, `"type":"run_summary"`: 1, `"type":"apply_complete"`: 1, `"type":"change_summary"`: 4} {
		if got := bytes.Count(lines, []byte(text)); got != want {
			t.Errorf("%d times %s, want %d", got, text, want)
		}
	}
}

// A socket has no path to be opened by: what the process was given is used.
func TestLinesGoIntoASocket(t *testing.T) {
	t.Parallel()
	a := newBank(t, 1).open(t, simulator.Config{Speed: 100})
	a.write(t, "jobs.hcl", oneJob)
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(ends[0]), "ours"), os.NewFile(uintptr(ends[1]), "theirs")
	defer ours.Close()
	cmd := a.command(t, "plan", "-json-into=/dev/fd/3", "jobs.hcl")
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	got := make([]byte, 100)
	n, err := ours.Read(got)
	if !strings.HasPrefix(string(got[:n]), eventsHead) {
		t.Errorf("got %q, %v", got[:n], err)
	}
}

func TestAPipeThatNobodyOpensIsNotWaitedForForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := testProgram(nil, nil)
		begin := time.Now()
		_, err := p.openEvents("-json-into", path, nil)
		if err == nil || !strings.Contains(err.Error(), "nobody has opened its other end for 10s") {
			t.Error(err)
		}
		if waited := time.Since(begin); waited < readerPatience || waited > readerPatience+time.Second {
			t.Errorf("waited for %s", waited)
		}
	})
}
