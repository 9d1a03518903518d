package spec

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzLoad holds Load, Evaluate and what follows to returning, whatever is in
// the file.
func FuzzLoad(f *testing.F) {
	slow := []string{"too_many.hcl", "for_each.hcl", "deep.hcl", "matrix_values.hcl"} // near the limits
	for _, pattern := range []string{"testdata/valid/*.hcl", "testdata/invalid/*.hcl", "testdata/doubtful/*.hcl"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			seed, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if !slices.Contains(slow, filepath.Base(path)) {
				f.Add(seed)
			}
		}
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		if len(config) <= 20_000 {
			loadAndUse(t, "jobs.hcl", config)
		}
	})
}

func loadAndUse(t *testing.T, name string, config []byte) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, config, 0o666); err != nil {
		t.Fatal(err)
	}
	s, diags := Load(path, LoadOptions{})
	if diags.HasErrors() {
		return
	}
	for _, i := range s.Instances[:min(len(s.Instances), 100)] {
		for _, lookup := range []Lookup{nil, everythingRan} {
			evaluation, err := i.Evaluate(lookup, nil)
			if err == nil && evaluation.Known && evaluation.Request.Fingerprint() == "" {
				t.Errorf("%s has no fingerprint", i.Address)
			}
		}
		_, _ = i.OutputPaths([]string{"png", "png"})
	}
	s.EvalOutputs(nil)
}
