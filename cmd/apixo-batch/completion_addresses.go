package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// maxInstancesOffered bounds the instances that are offered one by one while no
// key is typed; beyond it their blocks are.
const maxInstancesOffered = 100

// knownAddresses are addresses and what is said of each.
type knownAddresses map[task.Address]string

// recorded lists the addresses of the state.
func (l *commandLine) recorded(word string) []candidate {
	return l.records().like(word, false)
}

// recordedWithBlocks adds the blocks of the addresses in the state.
func (l *commandLine) recordedWithBlocks(word string) []candidate {
	return l.records().like(word, true)
}

// selections lists the addresses of the state and of the configuration, and
// their blocks, which select all instances.
func (l *commandLine) selections(word string) []candidate {
	known := l.records()
	if s := l.load(); s != nil {
		for _, i := range s.Instances {
			if _, recorded := known[i.Address]; !recorded {
				known[i.Address] = i.Model
			}
		}
	}
	return known.like(word, true)
}

// like lists the addresses that begin with a word, and, if blocks are wanted,
// those of the blocks that have keys. Where there are too many, the blocks stand
// for them.
func (k knownAddresses) like(word string, blocks bool) []candidate {
	var all []candidate
	instances := make(map[string]int) // by block
	for _, a := range slices.SortedFunc(maps.Keys(k), task.Address.Compare) {
		if text := a.String(); strings.HasPrefix(text, word) {
			all = append(all, candidate{text: text, about: k[a]})
			if !a.Key.IsZero() {
				instances[a.Block()]++
			}
		}
	}
	crowded := len(all) > maxInstancesOffered
	if strings.Contains(word, "[") || !crowded && !blocks {
		return all
	}
	if crowded {
		all = slices.DeleteFunc(all, func(c candidate) bool { return strings.Contains(c.text, "[") })
	}
	for _, block := range slices.Sorted(maps.Keys(instances)) {
		all = append(all, candidate{text: block, about: fmt.Sprintf("%d instances", instances[block]), more: crowded})
	}
	return all
}

// records are the addresses of the state, or of the states that PATH may mean
// while it is not typed.
func (l *commandLine) records() knownAddresses {
	known := make(knownAddresses)
	for _, file := range l.stateFiles() {
		contents, err := state.Read(file)
		if err != nil {
			continue
		}
		for _, r := range contents.Records {
			known[r.Address] = string(r.Status)
		}
	}
	return known
}

func (l *commandLine) stateFiles() []string {
	if file := l.value("state"); file != "" {
		return []string{file}
	}
	path, simulated := l.path(), l.isSet("simulate")
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return []string{fileState(path, simulated), filepath.Join(filepath.Dir(path), stateName(directoryState, simulated))}
	}
	all := []string{filepath.Join(path, stateName(directoryState, simulated))}
	files, _ := configurationFiles(path) // none if it cannot be read
	for _, file := range files {
		all = append(all, fileState(file, simulated))
	}
	return all
}

// path is the PATH on the line: the last argument that there is a file for.
func (l *commandLine) path() string {
	for _, arg := range slices.Backward(l.args) {
		if _, err := os.Stat(arg); err == nil {
			return arg
		}
	}
	return "."
}

// load reads the configuration; nil if it is wrong.
func (l *commandLine) load() *spec.Spec {
	var vars []spec.VarAssignment
	for _, f := range l.flags {
		switch name, text, _ := strings.Cut(f.value, "="); f.name {
		case "var":
			vars = append(vars, spec.VarAssignment{Name: name, Value: text})
		case "var-file":
			vars = append(vars, spec.VarAssignment{File: f.value})
		}
	}
	s, diagnostics := spec.Load(l.path(), spec.LoadOptions{Vars: vars, Environ: environmentVariables(l.environ()), Catalog: l.catalog()})
	if diagnostics.HasErrors() {
		return nil
	}
	return s
}

// enterDir follows -chdir, as the command will.
func (l *commandLine) enterDir() {
	if dir := l.value("chdir"); dir != "" {
		_ = os.Chdir(dir) // where it fails, nothing is found
	}
}
