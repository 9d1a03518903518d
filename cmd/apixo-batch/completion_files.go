package main

import (
	"os"
	"path/filepath"
	"strings"
)

// files lists the directories, and the files that are wanted, whose paths begin
// with a word. A file whose name begins with a dot has to be asked for.
func (l *commandLine) files(word string, wanted func(path string) bool) []candidate {
	given, base := filepath.Split(word)
	dir := given
	if rest, ok := strings.CutPrefix(given, "~/"); ok {
		dir = filepath.Join(l.env("HOME"), rest)
	}
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []candidate
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") && !strings.HasPrefix(base, ".") {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path) // of what a link points at
		switch {
		case err != nil:
		case info.IsDir():
			all = append(all, candidate{text: given + name + "/", more: true})
		case wanted(path):
			all = append(all, candidate{text: given + name})
		}
	}
	return all
}

func isHCL(path string) bool { return strings.HasSuffix(strings.TrimSuffix(path, ".json"), ".hcl") }

func isPlan(path string) bool {
	is, err := isSavedPlan(path)
	return is && err == nil
}

func isAny(string) bool  { return true }
func isNone(string) bool { return false }
