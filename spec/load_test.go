package spec

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

var update = flag.Bool("update", false, "rewrite the expected files in testdata")

// golden compares got with the file, or rewrites the file with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// text writes diagnostics as users see them, without a terminal.
func text(t *testing.T, s *Spec, diags hcl.Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	if err := hcl.NewDiagnosticTextWriter(&b, s.Sources, 100, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// cases lists the configurations in a folder of testdata: files and directories.
func cases(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() || isConfigFile(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("no cases in %s", folder)
	}
	return names
}

func TestValidConfigurationsExpandAsListed(t *testing.T) {
	for _, name := range cases(t, "valid") {
		t.Run(name, func(t *testing.T) {
			t.Chdir("testdata/valid")
			s, diags := Load(name, LoadOptions{})
			got := text(t, s, diags)
			if !diags.HasErrors() {
				got += listing(t, s)
			}
			golden(t, strings.TrimSuffix(name, ".hcl")+".txt", got)
			if diags.HasErrors() {
				t.Error("it is not valid")
			}
		})
	}
}

// listing shows all that Load promises of each instance.
func listing(t *testing.T, s *Spec) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "parallelism %d, budget %v %v, max_retry_wait %v, base_url %q\n", s.Settings.Parallelism, s.Settings.Budget, s.Settings.HasBudget, s.Settings.MaxRetryWait, s.Settings.BaseURL)
	for _, id := range sortedKeys(s.Models) {
		m := s.Models[id]
		fmt.Fprintf(&b, "model %s: in flight %d, calls per minute %d", id, m.MaxInFlight, m.CallsPerMinute)
		if m.Price != nil {
			fmt.Fprintf(&b, ", %d micros per %s from %s", m.Price.LowMicros, m.Price.Per, m.Price.Source)
		}
		b.WriteByte('\n')
	}
	for _, i := range s.Instances {
		fmt.Fprintf(&b, "\n%s\n  model %s, provider %q, attempts %d, calls %v, timeout %v, poll %v\n", i.Address, i.Model, i.Provider, i.MaxAttempts, i.RetryCalls, i.Timeout, i.Poll)
		for _, address := range i.DependsOn {
			fmt.Fprintf(&b, "  after %s\n", address)
		}
		evaluation, err := i.Evaluate(nil, nil)
		if err != nil {
			t.Errorf("evaluate %s: %v", i.Address, err)
		}
		if evaluation.Known {
			fmt.Fprintf(&b, "  input %s\n", evaluation.Request.Input)
		}
		for _, name := range sortedKeys(evaluation.Partial()) {
			if !evaluation.Known {
				fmt.Fprintf(&b, "  known %s = %s\n", name, evaluation.Partial()[name])
			}
		}
		paths, err := i.OutputPaths([]string{"png", "jpg"})
		if err != nil {
			t.Errorf("paths of %s: %v", i.Address, err)
		}
		fmt.Fprintf(&b, "  files %s\n", strings.Join(paths, ", "))
	}
	return b.String()
}

func TestDoubtsOfTheCatalogAreWarnings(t *testing.T) {
	for _, name := range cases(t, "doubtful") {
		t.Run(name, func(t *testing.T) {
			t.Chdir("testdata/doubtful")
			s, diags := Load(name, LoadOptions{})
			diags = append(diags, s.Check()...)
			golden(t, strings.TrimSuffix(name, ".hcl")+".txt", text(t, s, diags))
			if diags.HasErrors() || len(diags) == 0 {
				t.Errorf("%d diagnostics, errors: %v; want warnings only", len(diags), diags.HasErrors())
			}
		})
	}
}

func TestInvalidConfigurationsAreExplained(t *testing.T) {
	for _, name := range cases(t, "invalid") {
		t.Run(name, func(t *testing.T) {
			t.Chdir("testdata/invalid")
			s, diags := Load(name, LoadOptions{})
			if !diags.HasErrors() {
				diags = append(diags, s.Check()...)
			}
			golden(t, strings.TrimSuffix(name, ".hcl")+".txt", text(t, s, diags))
			if !diags.HasErrors() {
				t.Error("it is valid")
			}
		})
	}
}
