package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Everybody on a machine can read the arguments of its processes. A run has the
// key in its environment, which is its own, and nowhere else.
func TestTheKeyIsInNoArgumentOfARunningApply(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("this system shows no arguments under /proc")
	}
	t.Parallel()
	const key = "sk-canary-kill" // of command
	dir := t.TempDir()
	config := `task "slow" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "slow [sim:latency=10m]", aspect_ratio = "1:1" }
}`
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, dir, simulatorProcess(t), "apply", "-auto-approve", "jobs.hcl")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	awaitText(t, filepath.Join(dir, "jobs.state.journal"), `"op":"running"`)

	process := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid))
	if environ, err := os.ReadFile(filepath.Join(process, "environ")); err != nil || !bytes.Contains(environ, []byte(key)) {
		t.Fatalf("the process that is looked at does not have the key: %v", err)
	}
	public, err := filepath.Glob(filepath.Join(process, "task", "*", "comm"))
	if err != nil || len(public) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	for _, name := range []string{"cmdline", "comm", "status", "stat", "maps"} {
		public = append(public, filepath.Join(process, name))
	}
	for _, path := range public {
		text, err := os.ReadFile(path)
		if err != nil && filepath.Base(path) != "comm" { // a thread may have ended
			t.Error(err)
		}
		if bytes.Contains(text, []byte(key)) {
			t.Errorf("the key is in %s", path)
		}
	}
	refuteKey(t, dir, key)
}

func awaitText(t *testing.T, path, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // a real process lives in real time
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
			return
		}
	}
	t.Fatalf("%s does not hold %q after 30 s", path, text)
}
