package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func stateRmCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "rm",
		Usage:     "takes records out of the state",
		ArgsUsage: "ADDRESS [PATH]",
		Description: "Takes records out of the state; * and ? match anything, and files stay where they are.\n" +
			"What runs, is in doubt or is not on disk is kept unless -force is given.\n" +
			"\n" +
			"What is still declared is new to the next apply, which shows what it costs and buys it again,\n" +
			"once the earlier files are moved out of its way.",
		Flags: append(stateFlags(), lockTimeoutFlag(), acceptRollbackFlag(),
			&cli.BoolFlag{Name: "force", Usage: "also what was paid for and is not here yet"}),
		Metadata: about(exitCodes{exitLocked: ""}, "apixo-batch state rm task.old jobs.hcl", `apixo-batch state rm -force 'task.hero["c*"]'`),
		Action:   func(_ context.Context, at *cli.Command) error { return p.stateRm(at) },
	}
}

func (p *program) stateRm(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	pattern, path, err := addressAndPath(at)
	if err != nil {
		return err
	}
	file, err := p.existingState(at, path)
	if err != nil {
		return err
	}
	return p.withStore(at, file, func(store *state.Store) error {
		return p.remove(store, pattern, directoryOf(path), at.Bool("force"))
	})
}

func (p *program) remove(store *state.Store, pattern, dir string, force bool) error {
	records := store.Records()
	selected, err := selectAddresses([]string{pattern}, addressesIn(records), "record of the state")
	if err != nil {
		return err
	}
	missing := missingArtifacts(dir, store.Outline().Records)
	change := state.Change{Op: "rm"}
	var gone []state.Record
	for _, r := range records {
		if !selected[r.Address] {
			continue
		}
		if why := worthKeeping(r, missing); why != "" && !force {
			return fmt.Errorf("%s %s (%s); nothing was removed. Pass -force to remove it all the same", r.Address, why, paidText(r))
		}
		change.Remove = append(change.Remove, r.Address)
		gone = append(gone, r)
	}
	if err := store.Commit(change); err != nil {
		return err
	}
	for _, r := range gone {
		fmt.Fprintf(p.stdout, "Removed %s (%s)\n", r.Address, paidText(r))
	}
	if len(gone) > 0 {
		fmt.Fprintln(p.stdout, boughtAgain(gone))
	}
	return nil
}

// boughtAgain says what follows for what is still declared of the records that
// were removed.
func boughtAgain(gone []state.Record) string {
	var cost task.Cost
	unpriced, files := 0, []string(nil)
	for _, r := range gone {
		if cost += r.Cost; !r.Priced || r.Cost == 0 { // an import has cost nothing here
			unpriced++
		}
		for _, a := range r.Artifacts {
			files = append(files, a.Path)
		}
	}
	price := cost.String()
	switch {
	case unpriced == len(gone):
		price = "an unknown price"
	case unpriced > 0:
		price += fmt.Sprintf(" and the unknown price of %d", unpriced)
	}
	text, its := fmt.Sprintf("If it is still declared, apply buys it again for %s", price), "its"
	if len(gone) > 1 {
		text, its = fmt.Sprintf("What is still declared of the %d, apply buys again: all of them for %s", len(gone), price), "their"
	}
	if len(files) == 0 {
		return text + "."
	}
	const most = 3
	more := ""
	if n := len(files) - most; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s; %s files stay at %s%s.", text, its, view.Clean(strings.Join(files[:min(most, len(files))], ", ")), more)
}

// worthKeeping says what would be lost with a record, "" if nothing would.
func worthKeeping(r state.Record, missing map[string]bool) string {
	switch r.Status {
	case state.Running:
		return "still runs and is paid for"
	case state.InDoubt, state.Submitting:
		return "is in doubt and may be paid for"
	case state.Succeeded:
		for _, artifact := range r.Artifacts {
			if missing[artifact.Path] {
				return "is paid for, and " + view.Clean(filepath.FromSlash(artifact.Path)) + " is not on disk"
			}
		}
		if !r.Complete() {
			return "is paid for, and not all of its files are on disk"
		}
	}
	for _, past := range r.Past {
		if past.Incomplete(missing) {
			return "has an earlier task, " + view.Clean(past.TaskID) + ", that is paid for, and not all of its files are on disk"
		}
	}
	return ""
}

// paidText is what remains of a record for the user's own books.
func paidText(r state.Record) string {
	text := "no task ID, " + costText(r)
	if r.TaskID != "" {
		text = "task " + view.Clean(r.TaskID) + ", " + costText(r)
	}
	for _, past := range r.Past {
		if past.TaskID != "" {
			text += "; earlier task " + view.Clean(past.TaskID) + ", " + costText(state.Record{Cost: past.Cost, Priced: past.Priced || past.Cost > 0})
		}
	}
	return text
}

func costText(r state.Record) string {
	if !r.Priced {
		return "price not known"
	}
	return r.Cost.String()
}
