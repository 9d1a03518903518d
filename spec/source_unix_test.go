//go:build unix

package spec

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe is refused before it is opened, which would wait for its writer.
func TestPipesAreRefusedWithAWayOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"jobs.hcl", "x.auto.vars.hcl"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, diags := Load(filepath.Join(dir, "jobs.hcl"), LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), "pass - in place of the path") {
		t.Errorf("as the configuration: %v", diags)
	}
	if _, diags := Load(dir, LoadOptions{}); !diags.HasErrors() || !strings.Contains(diags.Error(), "not a regular file") {
		t.Errorf("in its directory: %v", diags)
	}
	other := t.TempDir()
	write(t, other, "jobs.hcl", "")
	pipe := VarAssignment{File: filepath.Join(dir, "jobs.hcl")}
	if _, diags := Load(other, LoadOptions{Vars: []VarAssignment{pipe}}); !diags.HasErrors() || !strings.Contains(diags.Error(), "not a regular file") {
		t.Errorf("as a -var-file: %v", diags)
	}
}
