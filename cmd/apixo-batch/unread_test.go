//go:build unix

package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"apixo-batch/runner/simulator"
)

// A reader that stops reading holds up what is said, and nothing else: what was
// accepted is recorded, the first signal stops submitting and the second ends
// the process.
func TestOutputThatNobodyReads(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	const tasks = 40
	a := newSignalAccount(t, b, tasks)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fill(t, writer)
	if _, err := reader.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(make([]byte, 3800)); err != nil { // room is left for a few lines
		t.Fatal(err)
	}
	p := a.process(t)
	p.Stderr = writer
	p.Args = append(p.Args, "-verbose")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	defer p.Process.Kill()
	if !p.begins() {
		t.Fatal("the run does not begin")
	}
	settles()
	settles()
	p.signal(syscall.SIGINT)
	settles()
	p.signal(syscall.SIGTERM)
	ended := time.AfterFunc(20*time.Second, func() { p.Process.Kill() })
	defer ended.Stop()
	p.wait()
	if code := p.ProcessState.ExitCode(); code != exitTerminated {
		t.Errorf("exit code %d", code)
	}
	if cut := submitsOnDisk(t, a.dir); len(cut) > 0 {
		t.Errorf("%q were cut off", cut)
	}
	if len(a.sim.Ledger()) == 0 {
		t.Error("nothing was accepted")
	}
	a.finish(t)
	if j := a.judge(t); j.succeeded != tasks {
		t.Errorf("%+v", j)
	}
}

// fill makes the next write to a pipe block.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	conn, err := pipe.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var full error
	err = conn.Write(func(fd uintptr) (done bool) {
		for full == nil {
			_, full = syscall.Write(int(fd), make([]byte, 4096))
		}
		return true
	})
	if err != nil || full != syscall.EAGAIN {
		t.Fatal(err, full)
	}
}

// Nobody reads standard output and standard error any more: what is said is
// dropped, and the run comes to its end.
func TestOutputWithoutAReader(t *testing.T) {
	t.Parallel()
	b := newBank(t, 1)
	for _, format := range []string{"-verbose", "-json"} {
		t.Run(format, func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			a.write(t, "jobs.hcl", oneJob)
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd := a.command(t, "apply", "-auto-approve", format, "jobs.hcl")
			cmd.Stdout, cmd.Stderr = writer, writer
			reader.Close()
			err = cmd.Run()
			writer.Close()
			if err != nil {
				t.Error(err)
			}
			if j := a.judge(t); j.succeeded != 1 {
				t.Errorf("%+v", j)
			}
		})
	}
}
