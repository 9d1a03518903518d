package runner_test

import (
	"context"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state/disk"
)

// filling is a disk that fills up in the middle of a download.
type filling struct {
	disk.FS
	left atomic.Int64 // bytes of downloads that still fit
}

func (f *filling) OpenRoot(name string) (disk.Root, error) {
	root, err := f.FS.OpenRoot(name)
	return fillingRoot{root, f}, err
}

type fillingRoot struct {
	disk.Root
	disk *filling
}

func (r fillingRoot) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	file, err := r.Root.OpenFile(name, flag, perm)
	if err != nil || !strings.HasSuffix(name, ".part") {
		return file, err
	}
	return fillingFile{file, name, r.disk}, nil
}

type fillingFile struct {
	disk.File
	name string
	disk *filling
}

func (f fillingFile) Write(b []byte) (int, error) {
	if f.disk.left.Add(-int64(len(b))) < 0 {
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	return f.File.Write(b)
}

func TestFullDiskInADownloadStopsSubmittingAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(40, "parallelism = 4"), simulator.Config{Seed: 66, Latency: &simulator.Latency{Min: 10 * time.Second, Max: time.Minute}})
		full := &filling{FS: disk.OS}
		full.left.Store(20_000)
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.Disk = full })
		if err != nil || s.Stop != task.DownloadFailed || len(s.Left) == 0 || len(s.Running) > 0 {
			t.Fatalf("stop %q, %d left, %d running, %v", s.Stop, len(s.Left), len(s.Running), err)
		}
		for _, e := range s.Failed {
			if !e.Failure.Retryable || !strings.Contains(e.Failure.Message, ".part") || !strings.Contains(e.Failure.Message, "no space left") {
				t.Errorf("%s: %+v", e.Address, e.Failure)
			}
		}
		bought := len(w.sim.Ledger())
		if len(s.Failed) == 0 || s.Done+len(s.Failed) != bought {
			t.Errorf("%d done and %d failed of %d bought", s.Done, len(s.Failed), bought)
		}
		w.check()
		if again := w.mustApply(); again.Done != 40-s.Done || len(w.sim.Ledger()) != 40 {
			t.Errorf("with room: %d done, %d bought", again.Done, len(w.sim.Ledger()))
		}
		w.check()
		w.checkFiles()
	})
}
