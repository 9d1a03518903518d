package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

func fmtCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "fmt",
		Usage:     "brings configurations into the canonical layout",
		ArgsUsage: "[PATH]",
		Description: "Rewrites .hcl files in the canonical layout and lists those that changed. PATH is a\n" +
			"file, a directory, or - to format standard input to standard output.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "change nothing; exit with 3 if a file would change"},
			&cli.BoolFlag{Name: "diff", Usage: "show what changes"},
			&cli.BoolFlag{Name: "recursive", Usage: "also the directories below"},
		},
		Metadata: about(exitCodes{exitFailed: "a file would change (-check)"}, "apixo-batch fmt", "apixo-batch fmt -check -diff -recursive", "apixo-batch fmt - <jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			path, err := pathArgument(at)
			if err != nil {
				return err
			}
			f := formatter{program: p, check: at.Bool("check"), diff: at.Bool("diff")}
			if path == "-" {
				return f.stream()
			}
			files, err := filesToFormat(path, at.Bool("recursive"))
			if err != nil {
				return err
			}
			return f.files(files)
		},
	}
}

// formatter formats files, or says which it would change.
type formatter struct {
	*program
	check, diff bool
}

// maxFormatted bounds a file: a configuration of this size is a mistake.
const maxFormatted = 16 << 20

func (f formatter) stream() error {
	text, err := io.ReadAll(io.LimitReader(f.stdin, maxFormatted+1))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	formatted, err := f.format("<stdin>", text)
	if err != nil {
		return err
	}
	changed := !bytes.Equal(text, formatted)
	switch {
	case f.diff:
		err = f.showDiff("<stdin>", text, formatted)
	case !f.check:
		_, err = f.stdout.Write(formatted)
	}
	if err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	if f.check && changed {
		return exitWith(exitFailed)
	}
	return nil
}

// files formats each file, and goes on after one that cannot be parsed.
func (f formatter) files(paths []string) error {
	changed, broken := false, false
	for _, path := range paths {
		differs, err := f.file(path)
		var said *exitStatus
		if errors.As(err, &said) {
			broken = true
			continue
		}
		if err != nil {
			return err
		}
		changed = changed || differs
	}
	switch {
	case broken:
		return exitWith(exitError)
	case changed && f.check:
		return exitWith(exitFailed)
	default:
		return nil
	}
}

func (f formatter) file(path string) (changed bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFormatted {
		return false, fmt.Errorf("%s is not a configuration: it is no regular file, or larger than %d MiB", path, maxFormatted>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	formatted, err := f.format(path, text)
	if err != nil || bytes.Equal(text, formatted) {
		return false, err
	}
	fmt.Fprintln(f.stdout, view.Clean(path))
	if f.diff {
		if err := f.showDiff(filepath.ToSlash(path), text, formatted); err != nil {
			return true, fmt.Errorf("write standard output: %w", err)
		}
	}
	if f.check {
		return true, nil
	}
	return true, atomicfile.Write(disk.OS, path, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(formatted)
		return err
	})
}

func (f formatter) showDiff(name string, old, formatted []byte) error {
	_, err := f.stdout.Write(diff.Diff("old/"+name, old, "new/"+name, formatted))
	return err
}

// format refuses what cannot be parsed: its layout could change its meaning.
func (f formatter) format(name string, text []byte) ([]byte, error) {
	if len(text) > maxFormatted {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFormatted>>20)
	}
	if diagnostics := spec.CheckSyntax(text, name); diagnostics.HasErrors() {
		f.view.Diagnostics(diagnostics, map[string]*hcl.File{name: {Bytes: text}})
		return nil, exitWith(exitError)
	}
	return canonical(text, name), nil
}

// filesToFormat lists the files in native syntax: of a directory those that are
// its configuration, and its variable files.
func filesToFormat(path string, recursive bool) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist; pass a .hcl file, a directory, or - for standard input.%s", path, meantPath(path))
	case err != nil:
		return nil, err
	case info.IsDir():
	case strings.HasSuffix(path, ".hcl"):
		return []string{path}, nil
	default:
		return nil, fmt.Errorf("%s cannot be formatted: only .hcl files have a canonical layout", path)
	}
	var files []string
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case at == path:
		case strings.HasPrefix(name, "."), entry.IsDir() && !recursive:
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && strings.HasSuffix(name, ".hcl"):
			files = append(files, at)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}
