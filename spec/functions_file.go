package spec

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const (
	// maxFile bounds file and filebase64, which is how tables of many thousand
	// rows come in.
	maxFile = 64 << 20
	// maxTemplate bounds a template, which is evaluated once per instance.
	maxTemplate = 10 << 20
	// maxMatches bounds what fileset returns.
	maxMatches = 100_000
)

// fileFunctions read files or handle paths. All paths count from the
// configuration's directory and stay within it.
func fileFunctions(files *fileReader) map[string]function.Function {
	return map[string]function.Function{
		"basename":   textFunction("path", func(s string) (string, error) { return filepath.Base(s), nil }),
		"dirname":    textFunction("path", func(s string) (string, error) { return filepath.Dir(s), nil }),
		"file":       fileFunction(files),
		"filebase64": textFunction("path", files.base64),
		"fileexists": fileexistsFunction(files),
		"fileset":    filesetFunction(files),
	}
}

// fileFunction reads a text, and notes where it came from for the decoders of
// tables.
func fileFunction(files *fileReader) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			path := args[0].AsString()
			text, err := files.text(path, maxFile)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			value := cty.StringVal(text) // it may change: texts are in normal form C
			files.tables.noteFile(value.AsString(), filepath.ToSlash(filepath.Clean(path)))
			return value, nil
		},
	})
}

// text reads a text file as a configuration is read: in UTF-8, which a value of
// the language is, without a byte order mark and the CR of line ends.
func (r *fileReader) text(path string, limit int64) (string, error) {
	content, err := r.read(path, limit)
	if err != nil {
		return "", err
	}
	text, err := plainText(content)
	if err != nil {
		return "", fmt.Errorf("read file %q: %w, or use filebase64 for binary data", path, err)
	}
	return string(text), nil
}

func (r *fileReader) base64(path string) (string, error) {
	content, err := r.read(path, maxFile)
	return base64.StdEncoding.EncodeToString(content), err
}

func fileexistsFunction(files *fileReader) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			exists, err := files.exists(args[0].AsString())
			return cty.BoolVal(exists), err
		},
	})
}

// filesetFunction lists the regular files below a directory that match a
// pattern, as paths relative to that directory.
func filesetFunction(files *fileReader) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			names, err := files.glob(args[0].AsString(), args[1].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			values := make([]cty.Value, len(names))
			for i, name := range names {
				values[i] = cty.StringVal(name)
			}
			if len(values) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(values), nil
		},
	})
}

// glob follows no symbolic links to directories, which could lead in circles,
// and leaves out links that lead out of the configuration's directory.
func (r *fileReader) glob(dir, pattern string) ([]string, error) {
	within, local, err := r.locate(dir)
	if err != nil {
		return nil, err
	}
	if path.IsAbs(pattern) || !filepath.IsLocal(filepath.FromSlash(path.Clean(pattern))) {
		return nil, fmt.Errorf("pattern %q leads out of %q; it counts from there", pattern, dir)
	}
	if alternatives(pattern) > maxAlternatives {
		return nil, fmt.Errorf("pattern %.80q stands for more than %d patterns; use fewer { }", pattern, maxAlternatives)
	}
	root, err := os.OpenRoot(within)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	below, err := fs.Sub(root.FS(), filepath.ToSlash(local))
	if err != nil {
		return nil, err
	}
	var names []string
	err = doublestar.GlobWalk(below, path.Clean(pattern), func(name string, _ fs.DirEntry) error {
		if info, err := fs.Stat(below, name); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if names = append(names, name); len(names) > maxMatches {
			return fmt.Errorf("pattern %q matches more than %d files", pattern, maxMatches)
		}
		return nil
	}, doublestar.WithNoFollow(), doublestar.WithFailOnIOErrors())
	if errors.Is(err, doublestar.ErrBadPattern) {
		return nil, fmt.Errorf("pattern %q is malformed; it may hold *, **, ?, [a-z] and {a,b}", pattern)
	}
	return names, err
}

// maxAlternatives bounds the patterns that one with { } stands for.
const maxAlternatives = 1000

// alternatives is at least how many patterns one stands for: each of a pair of
// braces has one more than it has commas.
func alternatives(pattern string) int {
	product, commas := 1, []int(nil)
	for _, c := range pattern {
		switch last := len(commas) - 1; {
		case c == '{':
			commas = append(commas, 1)
		case c == ',' && last >= 0:
			commas[last]++
		case c == '}' && last >= 0:
			if product *= commas[last]; product > maxAlternatives {
				return product
			}
			commas = commas[:last]
		}
	}
	return product
}
