package spec

import (
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/spec/catalog"
)

func TestDoubtsAreHeldUnlessTheFileSaysOtherwise(t *testing.T) {
	for batch, want := range map[string]bool{
		"": false, `batch { on_in_doubt = "hold" }`: false, `batch { on_in_doubt = "resubmit" }`: true,
	} {
		path := filepath.Join(t.TempDir(), "jobs.hcl")
		if err := os.WriteFile(path, []byte(batch+"\ntask \"a\" {\n  model = \"nano-banana\"\n  input = {}\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, diags := Load(path, LoadOptions{Catalog: catalog.Default()})
		if diags.HasErrors() || s.Settings.ResubmitDoubts != want {
			t.Errorf("%q: %v, %v", batch, s, diags)
		}
	}
}
