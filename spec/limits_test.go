package spec_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
)

// Limits of the key stand in the apixo block, those of a model in its own; and the
// runner can tell a poll block from what the catalog says.
func TestDeclaredLimitsAndPolls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	text := `
apixo {
  rate          = "600/min"
  max_in_flight = 40
}
model "nano-banana" {
  rate          = "5/s"
  max_in_flight = 7
}
task "plain" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a", aspect_ratio = "1:1" }
}
task "polled" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "b", aspect_ratio = "1:1" }
  poll {
    interval = "2s"
  }
}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := spec.Load(path, spec.LoadOptions{Catalog: catalog.Default()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if s.Settings.CallsPerMinute != 600 || s.Settings.MaxInFlight != 40 {
		t.Errorf("of the key: %+v", s.Settings)
	}
	for _, i := range s.Instances {
		if i.CallsPerMinute != 300 || i.MaxInFlight != 7 {
			t.Errorf("%s: %d calls per minute, %d in flight", i.Address, i.CallsPerMinute, i.MaxInFlight)
		}
		if want := i.Address.Name == "polled"; i.PollSet != want {
			t.Errorf("%s: PollSet is %v", i.Address, i.PollSet)
		}
		if i.Usual != (catalog.Span{Min: 10 * time.Second, Max: 15 * time.Second}) {
			t.Errorf("%s: usually %v", i.Address, i.Usual)
		}
	}
}
