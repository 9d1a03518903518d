package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func initCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "writes a configuration to start from",
		ArgsUsage: "[DIR]",
		Description: "Writes a commented jobs.hcl, which runs as it is with -simulate, and a .gitignore that\n" +
			"keeps states and results out of a repository. Never overwrites a file.",
		Metadata: about(nil, "apixo-batch init", "apixo-batch init pictures"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			dir, err := pathArgument(at)
			if err != nil {
				return err
			}
			return p.init(dir)
		},
	}
}

//go:embed init/jobs.hcl
var initialConfiguration []byte

//go:embed init/gitignore
var initialGitignore []byte

func (p *program) init(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; init takes the directory to write jobs.hcl into", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	config := filepath.Join(dir, "jobs.hcl")
	t := view.Target{Chdir: p.chdir, Path: config}
	switch err := writeNew(config, initialConfiguration); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already, and init overwrites nothing. See what it would cost:\n  %s", config, t.Command("plan"))
	case err != nil:
		return err
	}
	fmt.Fprintf(p.stdout, "Wrote %s\n", view.Clean(config))
	ignore := filepath.Join(dir, ".gitignore")
	switch err := writeNew(ignore, initialGitignore); {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(p.stdout, "Left %s as it is; states and results should be in it:\n%s", view.Clean(ignore), initialGitignore)
	case err != nil:
		return err
	default:
		fmt.Fprintf(p.stdout, "Wrote %s\n", view.Clean(ignore))
	}
	fmt.Fprintf(p.stdout, "\nTry it without a key and without money:\n  %s\nThen see what it would cost:\n  %s\n",
		t.Command("apply", "-simulate"), t.Command("plan"))
	return nil
}

// writeNew writes a file that is not there yet. The error is fs.ErrExist if it
// is.
func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
