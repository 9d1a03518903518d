package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which packages of this module each package may import. A new
// arrow is a decision about the design: nothing below cmd may know more than
// this.
var arrows = map[string][]string{
	"spec/task":                       {},
	"spec/catalog":                    {},
	"spec":                            {"spec/task", "spec/catalog"},
	"state/disk":                      {},
	"state/disk/disktest":             {"state/disk"}, // imported by tests only
	"cmd/apixo-batch/view/screentest": {},             // likewise
	"state/atomicfile":                {"state/disk"},
	"state":                           {"spec/task", "state/atomicfile", "state/disk"},
	"runner/awake":                    {},
	"runner/apixo":                    {"runner/awake"},
	"runner/mediatype":                {},
	"runner/pace":                     {},
	"runner/timing":                   {},
	"runner/simulator":                {"spec/catalog"},
	"runner/plan":                     {"spec", "spec/task", "spec/catalog", "state"},
	"runner": {
		"runner/plan", "runner/apixo", "runner/awake", "runner/mediatype", "runner/pace", "runner/timing", "state", "state/disk", "spec/task", "spec/catalog",
	},
	"cmd/apixo-batch/printable": {},
	"cmd/apixo-batch/view": {
		"cmd/apixo-batch/printable", "runner", "runner/plan", "spec", "spec/catalog", "spec/task", "state",
	},
	"cmd/apixo-batch/gallery": {"cmd/apixo-batch/printable", "runner/mediatype", "spec/catalog", "spec/task", "state"},
	"cmd/apixo-batch": {
		"cmd/apixo-batch/gallery", "cmd/apixo-batch/view", "runner", "runner/plan", "runner/apixo", "runner/simulator",
		"spec", "spec/catalog", "spec/task", "state", "state/atomicfile", "state/disk",
	},
}

// foreign says where packages of others are kept out: by import path prefix,
// the packages of this module that may import it.
var foreign = map[string][]string{
	"github.com/hashicorp/hcl": {"spec", "cmd/apixo-batch", "cmd/apixo-batch/view"},
	"github.com/zclconf/":      {"spec"},
	"github.com/urfave/cli":    {"cmd/apixo-batch"},
	"github.com/schollz/":      {"cmd/apixo-batch/view"},
	"os/signal":                {"cmd/apixo-batch"},
}

const (
	module = "apixo-batch"
	root   = "../.."
)

func TestImportsFollowTheArrows(t *testing.T) {
	seen := make(map[string]bool)
	used := make(map[string]bool) // "spec -> spec/task"
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") && name != root && name != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		checkImports(t, pkg, path, used)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range seen {
		if _, known := arrows[pkg]; !known {
			t.Errorf("package %s is in no row of the table", pkg)
		}
	}
	for pkg := range arrows {
		if !seen[pkg] {
			t.Errorf("the table has a row for %s, which does not exist", pkg)
		}
		for _, to := range arrows[pkg] {
			if !used[pkg+" -> "+to] {
				t.Errorf("the table lets %s import %s, which it does not", pkg, to)
			}
		}
	}
}

func checkImports(t *testing.T, pkg, path string, used map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
			used[pkg+" -> "+ours] = true
			if !slices.Contains(arrows[pkg], ours) {
				t.Errorf("%s: %s may not import %s", path, pkg, ours)
			}
		}
		for prefix, allowed := range foreign {
			if strings.HasPrefix(imported, prefix) && !slices.Contains(allowed, pkg) {
				t.Errorf("%s: %s may not import %s", path, pkg, imported)
			}
		}
	}
}
