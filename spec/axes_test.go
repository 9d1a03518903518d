package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAxesAreKnownBeforeAnyValueIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.hcl")
	config := `
variable "styles" {}
task "grid" {
  model = "nano-banana"
  matrix {
    style = var.styles
    angle = ["low", "high"]
    seed  = [1, 2]
    exclude {
      seed = 2
    }
  }
  input = { mode = "text-to-image", prompt = matrix.style, seed = matrix.seed }
}
task "hero" {
  model    = "nano-banana"
  for_each = { cat = "a cat" }
  input    = { mode = "text-to-image", prompt = each.value }
}
`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s, diags := Load(path, LoadOptions{})
	if !diags.HasErrors() {
		t.Fatal("a variable without a value is no error")
	}
	for name, want := range map[string][]string{"grid": {"style", "angle", "seed"}, "hero": nil, "nowhere": nil} {
		if diff := cmp.Diff(want, s.Axes(name)); diff != "" {
			t.Errorf("task.%s: -want +got\n%s", name, diff)
		}
	}
}
