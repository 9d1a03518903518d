package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"apixo-batch/cmd/apixo-batch/gallery"
	"apixo-batch/state/atomicfile"
)

// pageName is the one file of a page.
const pageName = "index.html"

// checkReportPlaces refuses to write over what is not a report, before anything is
// written.
func (p *program) checkReportPlaces(dir string, forms []reportForm) error {
	if dir != "" {
		if err := p.checkPageDir(dir); err != nil {
			return err
		}
	}
	for _, form := range forms {
		file := form.place.file
		switch {
		case form.place.toStdout():
			continue
		case dir != "" && oneFile(file, filepath.Join(dir, pageName)):
			return fmt.Errorf("-%s=%s is where -html writes its page. Name another file", form.flag, file)
		}
		if err := checkReportFile(form, dir); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) checkPageDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch info, statErr := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case statErr == nil && !info.IsDir():
		return fmt.Errorf("-html=%s is a file; name a directory", dir)
	case err != nil:
		return fmt.Errorf("-html: %w", err)
	}
	index := filepath.Join(dir, pageName)
	left, err := atomicfile.Leftovers(p.disk, index)
	if err != nil {
		return fmt.Errorf("-html: %w", err)
	}
	if len(entries) == len(left) {
		return nil
	}
	if head, err := beginning(index); err != nil || !gallery.IsPage(head) {
		return fmt.Errorf("-html=%s is a directory that holds something else than a report; nothing was written. Name a new directory, such as %s",
			dir, filepath.Join(dir, "report"))
	}
	return nil
}

// checkReportFile checks the place of a report; dir is a directory that will be made.
func checkReportFile(form reportForm, dir string) error {
	file := form.place.file
	if takenName(file) {
		return fmt.Errorf("-%s=%s has the name of a part of a configuration or a state. Name another file", form.flag, file)
	}
	head, err := beginning(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if in := filepath.Dir(file); !directoryExists(in) && (dir == "" || !oneFile(in, dir)) {
			return fmt.Errorf("-%s=%s: the directory %s does not exist", form.flag, file, in)
		}
		return nil
	case err != nil:
		return fmt.Errorf("-%s=%s: %w", form.flag, file, err)
	case len(head) > 0 && firstLine(head) != form.head:
		return fmt.Errorf("-%s=%s exists and is no such report; nothing was written. Name another file, or move it away", form.flag, file)
	}
	return nil
}

// takenName reports whether a file has a name that only parts of a configuration or
// files of a state have.
func takenName(path string) bool {
	name := filepath.Base(path)
	return strings.Contains(name, ".state.") || strings.HasSuffix(strings.TrimSuffix(name, ".json"), ".hcl")
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r")
}

func directoryExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// beginning is how a regular file begins. A link is none: a report would take its
// place, not that of what it leads to.
func beginning(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 512))
}
