package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
)

// catalogVariable names a catalog file where -catalog does not.
const catalogVariable = "APIXO_CATALOG"

func catalogFlag() cli.Flag {
	return &cli.StringFlag{Name: "catalog", Usage: "read the models from `FILE`, in the format of models -json"}
}

func strictFlag() cli.Flag {
	return &cli.BoolFlag{Name: "strict", Usage: "make every warning about the configuration an error"}
}

// strictly makes the findings errors if -strict asks for it.
func strictly(at *cli.Command, diagnostics hcl.Diagnostics) hcl.Diagnostics {
	if at.Bool("strict") {
		return spec.Strict(diagnostics)
	}
	return diagnostics
}

// catalogFile is what a command knows of the models, and the file it is from.
type catalogFile struct {
	*catalog.Catalog
	path, sum string // "" for the program's own
}

// catalogPath is the file that -catalog or the environment names, "" for none.
func (p *program) catalogPath(at *cli.Command) string {
	if at.IsSet("catalog") {
		return at.String("catalog")
	}
	return p.env(catalogVariable)
}

// catalogFrom reads the catalog in a file, or gives the program's own for "".
func (p *program) catalogFrom(path string) (catalogFile, error) {
	if path == "" {
		return catalogFile{Catalog: catalog.Default()}, nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return catalogFile{}, fmt.Errorf("read the catalog: %s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return catalogFile{}, fmt.Errorf("read the catalog: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, catalog.MaxBytes+1))
	if err != nil {
		return catalogFile{}, fmt.Errorf("read the catalog: %w", err)
	}
	known, err := catalog.Parse(data)
	if err != nil {
		return catalogFile{}, fmt.Errorf("catalog %s: %w. Nothing was done; models -json writes a catalog that can be read", path, err)
	}
	sum := sha256.Sum256(data)
	return catalogFile{known, path, hex.EncodeToString(sum[:])}, nil
}

// addTo counts the file among those that the configuration was made from.
func (f catalogFile) addTo(s *spec.Spec) {
	if f.path == "" {
		return
	}
	name := f.path
	if dir, err := filepath.Abs(s.Dir); err == nil {
		if path, err := filepath.Abs(f.path); err == nil {
			if relative, err := filepath.Rel(dir, path); err == nil {
				name = relative
			}
		}
	}
	s.Digests[filepath.ToSlash(name)] = f.sum
}

// catalogOf is what a configuration was read with; nil without one.
func catalogOf(s *spec.Spec) *catalog.Catalog {
	if s == nil {
		return nil
	}
	return s.Catalog
}
