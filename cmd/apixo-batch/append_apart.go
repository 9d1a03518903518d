package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/state"
)

// keptFile is a file that a run rests on or writes in another way, and what it is to the
// run: nothing is appended to it.
type keptFile struct{ path, what string }

func (k keptFile) String() string { return k.path + ", " + k.what }

// appending is a file that this run appends to, as it was asked for.
type appending struct {
	asked string // -trace=trace.tsv
	info  os.FileInfo
}

// openAppended opens a file to append to, unless it is one that is kept, or one that
// the run appends something else to.
func (p *program) openAppended(kind appended, asked, path string, kept []keptFile) (*os.File, error) {
	if err := apart(path, kept); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil {
		if err := p.soleUse(info); err != nil {
			return nil, err
		}
	}
	file, err := kind.open(path)
	if err != nil {
		return nil, err
	}
	return p.noteAppended(asked, file)
}

// noteAppended takes down what an open file is for. One that is no place on a disk, such
// as a terminal, may take whatever is written.
func (p *program) noteAppended(asked string, file *os.File) (*os.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if info.Mode().IsRegular() {
		p.appends = append(p.appends, appending{asked, info})
	}
	return file, nil
}

// soleUse refuses a file that the run appends to already.
func (p *program) soleUse(info os.FileInfo) error {
	for _, other := range p.appends {
		if os.SameFile(info, other.info) {
			return fmt.Errorf("that is where %s writes. Name another file", other.asked)
		}
	}
	return nil
}

// apart refuses to append to a file that is kept.
func apart(path string, kept []keptFile) error {
	for _, k := range kept {
		if oneFile(path, k.path) {
			return fmt.Errorf("it is %s; nothing was written to it. Name another file", k)
		}
	}
	return nil
}

// checkAppended refuses what was opened to append to before it was known which files the
// run rests on. What went there is at most what files of that kind hold anyway.
func (p *program) checkAppended(kept []keptFile) error {
	for _, a := range p.appends {
		for _, k := range kept {
			if info, err := os.Stat(k.path); err == nil && os.SameFile(a.info, info) {
				return fmt.Errorf("%s: it is %s; lines may have been appended to it, nothing was submitted. Take them out again. Name another file", a.asked, k)
			}
		}
	}
	return nil
}

// oneFile reports whether two paths lead to one file or directory. Of two that do not
// exist yet, names that differ in case alone are one: on some disks they will be.
func oneFile(a, b string) bool {
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	if errA == nil && errB == nil && absA == absB {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	switch {
	case errA == nil && errB == nil:
		return os.SameFile(infoA, infoB)
	case !errors.Is(errA, fs.ErrNotExist) || !errors.Is(errB, fs.ErrNotExist):
		return false
	}
	dirA, errA := os.Stat(filepath.Dir(absA))
	dirB, errB := os.Stat(filepath.Dir(absB))
	return errA == nil && errB == nil && os.SameFile(dirA, dirB) && strings.EqualFold(filepath.Base(absA), filepath.Base(absB))
}

// keptByFlags are the files that the flags of a command name, seen from a directory.
func keptByFlags(at *cli.Command, dir string) []keptFile {
	var kept []keptFile
	from := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	if path := at.String("state"); path != "" {
		kept = keptOfState(from(path))
	}
	if out := at.String("out"); out != "" {
		kept = append(kept, keptFile{from(out), "where -out saves the plan"})
	}
	return kept
}

func keptOfState(path string) []keptFile {
	var kept []keptFile
	for _, file := range state.Files(path) {
		kept = append(kept, keptFile{file, "a file of the state " + path})
	}
	return kept
}

// kept are the files that a run rests on: its state, the plan that it carries out, and
// all that the configuration was read from.
func (w *planning) kept() []keptFile {
	kept := keptOfState(w.statePath)
	if w.saved != nil {
		kept = append(kept, keptFile{w.saved.path, "the saved plan that is applied"})
	}
	for _, name := range slices.Sorted(maps.Keys(w.spec.Digests)) {
		path := filepath.FromSlash(name)
		if !filepath.IsAbs(path) {
			path = filepath.Join(w.spec.Dir, path)
		}
		kept = append(kept, keptFile{path, "which the configuration reads"})
	}
	return kept
}
