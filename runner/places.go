package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// OccupiedError lists files that stand where results would be saved, and that
// no record accounts for: most likely another state's work, or that of a record
// that was taken out.
type OccupiedError struct {
	Paths []string // relative to the configuration's directory
}

func (e *OccupiedError) Error() string {
	const most = 5
	shown := strings.Join(e.Paths[:min(most, len(e.Paths))], ", ")
	if more := len(e.Paths) - most; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("results would be saved where files are that this state knows nothing of: %s", shown)
}

// CheckPlaces looks, before anything is bought, whether the results have a place:
// a paid result that cannot be saved is lost after a day. It looks for the first
// file of each result, since nobody knows how many there will be; what is in the
// way of the others fails their download, visibly. It changes nothing.
// The error is an *OccupiedError, or tells what could not be read.
func CheckPlaces(dir string, p *plan.Plan, records []*state.Record) error {
	known := knownPaths(records)
	var occupied []string
	dirs := make(map[string]map[string][]string) // paths of the files of a directory, by their stem
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Kind.Pays() {
			continue
		}
		place, err := outputPath(a, 1, 0, "part")
		if err != nil {
			return err
		}
		in := path.Dir(place)
		if _, listed := dirs[in]; !listed {
			if dirs[in], err = listFiles(dir, in); err != nil {
				return err
			}
		}
		for _, found := range dirs[in][stem(place)] {
			if _, ours := known[found]; !ours {
				occupied = append(occupied, found)
			}
		}
	}
	if len(occupied) > 0 {
		slices.Sort(occupied)
		return &OccupiedError{Paths: occupied}
	}
	return nil
}

// knownPaths are those of all files that the records account for, and whose.
func knownPaths(records []*state.Record) map[string]task.Address {
	known := make(map[string]task.Address)
	for _, r := range records {
		for _, past := range r.Past {
			for _, a := range past.Artifacts {
				known[a.Path] = r.Address
			}
		}
	}
	for _, r := range records {
		for _, a := range r.Artifacts {
			known[a.Path] = r.Address
		}
	}
	return known
}

// claims are the paths that records account for, while a run adds to them.
type claims struct {
	mu    sync.Mutex
	paths map[string]task.Address
}

func (c *claims) owner(path string) (task.Address, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	owner, claimed := c.paths[path]
	return owner, claimed
}

func (c *claims) claim(path string, owner task.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths[path] = owner
}

// listFiles gives the paths of the files in a directory that may not be there, by
// their stem.
func listFiles(dir, in string) (map[string][]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	folder, err := root.Open(in)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", errPlace, err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPlace, err)
	}
	files := make(map[string][]string, len(entries))
	for _, entry := range entries {
		if !entry.IsDir() {
			found := path.Join(in, entry.Name())
			files[stem(found)] = append(files[stem(found)], found)
		}
	}
	return files, nil
}

// stem is a path without its extension.
func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// prepare makes the directories of all results to come, and tries that a file
// can be written in each, before anything is bought.
func (o *output) prepare(p *plan.Plan) error {
	tried := make(map[string]bool)
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Kind.Pays() {
			continue
		}
		dir, err := tempDir(a, 1, 0)
		if err != nil {
			return err
		}
		if tried[dir] {
			continue
		}
		tried[dir] = true
		if err := o.try(dir); err != nil {
			return fmt.Errorf("%w: %w", errPlace, err)
		}
	}
	return nil
}

func (o *output) try(dir string) error {
	if err := o.makeDir(dir); err != nil {
		return err
	}
	// One name for all: what a run that was cut off here leaves, the next removes.
	name := path.Join(dir, trialName)
	file, err := o.root.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	file.Close()
	if err := o.root.Remove(name); !errors.Is(err, fs.ErrNotExist) { // another run may be trying too
		return err
	}
	return nil
}

// tempDir is where a download waits for its name: the directory of its path or,
// if that depends on the extension, which is not known before, that of them all.
func tempDir(a *plan.Action, n, index int) (string, error) {
	one, err := outputPath(a, n, index, "a")
	if err != nil {
		return "", err
	}
	other, err := outputPath(a, n, index, "b")
	if err != nil {
		return "", err
	}
	if path.Dir(one) != path.Dir(other) {
		return ".", nil
	}
	return path.Dir(one), nil
}

// outputPath is where the file of one index goes, out of n with this extension.
func outputPath(a *plan.Action, n, index int, ext string) (string, error) {
	paths, err := a.OutputPaths(slices.Repeat([]string{ext}, n))
	if err != nil {
		return "", err
	}
	return paths[index], nil
}
