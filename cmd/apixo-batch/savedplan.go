package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/state"
	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// readSavedPlan reads a saved plan; nil if the path names something else, or
// nothing. The content tells, not the name.
func readSavedPlan(path string) (*plan.Saved, error) {
	is, err := isSavedPlan(path)
	if !is || err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	saved, err := plan.ReadSaved(file)
	if err != nil {
		return nil, fmt.Errorf("saved plan %s: %w", path, err)
	}
	return saved, nil
}

// isSavedPlan looks at the beginning of a file. An empty one that is not named
// as a configuration is taken for what is left of a plan.
func isSavedPlan(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false, nil // told by whoever reads it as a configuration
	}
	if info.Size() == 0 && !strings.HasSuffix(path, ".hcl") && !strings.HasSuffix(path, ".json") {
		return false, fmt.Errorf("%s is empty: it is neither a configuration nor a saved plan", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 512))
	return plan.IsSaved(head), err
}

// notSaved refuses a saved plan where a configuration is wanted.
func notSaved(path, operation string) error {
	if is, _ := isSavedPlan(path); is {
		return fmt.Errorf("%s is a saved plan, and %s takes a configuration; apixo-batch apply %s carries the plan out", path, operation, path)
	}
	return nil
}

// checkOut refuses to write a plan over anything but a plan, and where it would
// be taken for something else.
func (w *planning) checkOut(out string) error {
	info, err := os.Lstat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.checkOutPlace(out)
	case err != nil:
		return fmt.Errorf("-out: %w", err)
	case info.IsDir():
		return fmt.Errorf("-out=%s is a directory; name a file", out)
	}
	if info, err = os.Stat(out); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("-out=%s is not a regular file", out)
	}
	if is, _ := isSavedPlan(out); !is && (err != nil || info.Size() > 0) {
		return fmt.Errorf("-out=%s exists and is not a saved plan; nothing was changed. Name another file, or move it away", out)
	}
	return w.checkOutPlace(out)
}

func (w *planning) checkOutPlace(out string) error {
	for _, file := range state.Files(w.statePath) {
		if oneFile(out, file) {
			return fmt.Errorf("-out=%s is a file of the state. Name another file", out)
		}
	}
	if _, err := os.Stat(filepath.Dir(out)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("-out=%s: the directory %s does not exist", out, filepath.Dir(out))
	}
	name := filepath.Base(out)
	if oneFile(filepath.Dir(out), w.target.Path) && configurationFile(name) {
		return fmt.Errorf("-out=%s would be read as a part of the configuration in %s; name it otherwise, such as %s",
			out, w.target.Path, strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".hcl")+".plan")
	}
	return nil
}

// savePlan writes a plan down with all that it rests on.
func (p *program) savePlan(at *cli.Command, w *planning, made *plan.Plan, k *state.Outline) (*view.SavedPlan, error) {
	vars, err := variablesOf(p, at)
	if err != nil {
		return nil, err
	}
	saved, err := w.save(made, k, vars, at.StringSlice("allow-path"))
	if err != nil {
		return nil, fmt.Errorf("save the plan: %w", err)
	}
	out := at.String("out")
	if err := writePlan(out, saved); err != nil {
		return nil, fmt.Errorf("save the plan: %w", err)
	}
	w.target.Plan = out
	for _, v := range vars {
		if v.File == "" && w.spec.Sensitive(v.Name) {
			w.target.PlanVars = append(w.target.PlanVars, shownVariables([]spec.VarAssignment{v})...)
		}
	}
	return &view.SavedPlan{Path: out, Nonce: saved.Nonce, Created: saved.Created}, nil
}

// save adds to a plan what it rests on.
func (w *planning) save(made *plan.Plan, k *state.Outline, vars []spec.VarAssignment, allowed []string) (saved *plan.Saved, err error) {
	saved = made.Save()
	saved.Tool = "apixo-batch " + version()
	saved.Lineage, saved.Changes = k.Header.Lineage, k.Header.Changes
	saved.Endpoint, saved.Simulated = w.endpoint.name, w.target.Simulated
	saved.Configuration, saved.State = w.target.Path, w.target.State
	saved.Files, saved.Catalog, saved.AllowPaths = w.spec.Digests, w.catalog, allowed
	saved.Replace, saved.RunBudget, saved.AllowUnpriced = w.replace, w.runBudget, w.allowUnpriced
	if len(w.target.Selection) > 0 {
		saved.Selection = &w.selection
	}
	for _, v := range vars {
		if v.File != "" {
			saved.VariableFiles = append(saved.VariableFiles, v.File)
		} else if !slices.Contains(saved.VariableNames, v.Name) {
			saved.VariableNames = append(saved.VariableNames, v.Name)
		}
	}
	saved.Variables, err = w.spec.VariableValues()
	return saved, err
}

// writePlan writes a saved plan to its file, whole or not at all.
func writePlan(out string, saved *plan.Saved) error {
	return atomicfile.Write(disk.OS, out, 0o600, saved.Write)
}
