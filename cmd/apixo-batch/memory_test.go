package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// memoryFile names the variable with the file in which a process says, at its end,
// how much memory it had at most. What the system says of a process that ended
// counts the memory of its parent too, up to the exec.
const memoryFile = "APIXO_TEST_MEMORY_FILE"

// tellMemory copies what Linux knows of this process, if it is asked for.
func tellMemory() error {
	name := os.Getenv(memoryFile)
	if name == "" {
		return nil
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	return os.WriteFile(name, status, 0o600)
}

// measured makes a command say how much memory it needs. most, called after its end,
// gives that in MB; 0 on other systems than Linux.
func measured(b *testing.B, cmd *exec.Cmd) (most func() float64) {
	if runtime.GOOS != "linux" {
		return func() float64 { return 0 }
	}
	name := filepath.Join(b.TempDir(), "status")
	cmd.Env = append(cmd.Env, memoryFile+"="+name)
	return func() float64 {
		status, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		var kiB float64
		_, line, found := bytes.Cut(status, []byte("\nVmHWM:"))
		if _, err := fmt.Sscan(string(line), &kiB); !found || err != nil {
			b.Fatalf("no VmHWM in %s", status)
		}
		return kiB * 1024 / 1e6
	}
}
