package runner_test

import (
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/state/disk"
)

// minuteDisk takes a minute to make a journal durable, and counts.
type minuteDisk struct {
	disk.FS
	syncs atomic.Int64
}

func (d *minuteDisk) OpenFile(name string, flag int, perm os.FileMode) (disk.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	return minuteFile{f, d}, err
}

type minuteFile struct {
	disk.File
	disk *minuteDisk
}

func (f minuteFile) SyncData() error {
	f.disk.syncs.Add(1)
	time.Sleep(time.Minute)
	return f.File.SyncData()
}

// An intent does not wait until the success before it is on the disk: both share a
// write, so that a task waits for two syncs and not for three.
func TestSuccessesAndTheIntentsAfterThemShareWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks, parallelism = 96, 16
		slow := &minuteDisk{FS: disk.OS}
		w := newWorld(t, series(tasks, parallelism, "view"), simulator.Config{Seed: 3})
		w.disk = slow
		w.mustApply()
		w.check()
		if got := slow.syncs.Load(); got > 37 { // 32, and 42 where each waits for all three
			t.Errorf("%d syncs", got)
		}
		if most := w.sim.Stats().MaxRunning; most > parallelism {
			t.Errorf("%d tasks ran at a time", most)
		}
	})
}
