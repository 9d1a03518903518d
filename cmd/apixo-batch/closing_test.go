package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"apixo-batch/state/disk"
)

// lastWriteFails has no room for the journal that follows a snapshot, which is the
// last that a command writes.
type lastWriteFails struct{ disk.FS }

func (d lastWriteFails) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	_, err := os.Stat(filepath.Join(filepath.Dir(name), "jobs.simulated.state.json"))
	if err == nil && strings.Contains(name, ".journal") && flag&os.O_CREATE != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
	}
	return d.FS.OpenFile(name, flag, perm)
}

// The disk fills up when all is done: that is an error, nothing is lost, and whoever
// reads the error is told so.
func TestACloseThatFailsLosesNothing(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	config := filepath.Join(t.TempDir(), "jobs.hcl")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(answeredJob, "NAME", "a")), 0o600); err != nil {
		t.Fatal(err)
	}
	apply := []string{"apixo-batch", "apply", "-simulate", "-auto-approve", config}
	p, out, errs := testProgram(nil, nil)
	p.disk = lastWriteFails{p.disk}
	code := p.execute(apply)
	for _, want := range []string{"close: all changes are recorded", "jobs.simulated.state.journal", "no space left on device"} {
		if code != exitError || !strings.Contains(errs.String(), want) {
			t.Errorf("exit code %d, and no %q in\n%s%s", code, want, out, errs)
		}
	}
	p, out, errs = testProgram(nil, nil)
	if code := p.execute(apply); code != exitDone || !strings.Contains(out.String(), "No changes.") {
		t.Errorf("exit code %d of the next run\n%s%s", code, out, errs)
	}
}
