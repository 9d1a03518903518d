//go:build unix

package runner_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

// To open a named pipe is to wait for its writer, which no context ends.
func TestPipeInThePlaceOfAResultFailsThatTaskOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(2, ""), simulator.Config{Seed: 14})
		w.put("out/shot/x", "")
		if err := syscall.Mkfifo(filepath.Join(w.dir, "out/shot/0-0.jpg"), 0o600); err != nil {
			t.Skip(err)
		}
		s := w.mustApply()
		if len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.DownloadFailed || s.Done != 1 ||
			!s.Failed[0].Obstructed || !strings.Contains(s.Failed[0].Failure.Message, "not a regular file") {
			t.Errorf("summary: %+v", s)
		}
		w.remove("out/shot/0-0.jpg")
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("after moving it away: %+v", s)
		}
		w.check()
	})
}

// A name as long as file systems take it leaves no room for the eight characters
// that tell an older file from a new one.
func TestOldFileOfTheLongestNameMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		output := `output = "out/` + strings.Repeat("ä", 125) + `-.${result.ext}"`
		w := newWorld(t, prompts(1, output), simulator.Config{Seed: 14})
		w.mustApply()
		w.write(strings.Replace(prompts(1, output), "a harbour", "a pier", 1))
		time.Sleep(time.Second)
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
			t.Errorf("summary: %+v", s)
		}
		for _, artifact := range w.record("task.shot[0]").Past[0].Artifacts {
			w.wantFile(artifact.Path)
		}
		w.check()
		w.checkFiles()
	})
}
