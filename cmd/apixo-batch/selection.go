package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// selectionNames are the flags of plan, apply and resume that limit what is
// bought, in the order in which suggested commands have them.
var selectionNames = [...]string{"target", "exclude", "limit", "sample", "seed"}

// selectionHelp is what the help of each of these commands says of them.
const selectionHelp = "-target, -exclude, -limit and -sample limit what is bought, never what is collected: what is\n" +
	"paid for is polled and downloaded in any case, and a later apply without them buys the rest."

// defaultSeed draws the same sample everywhere, unless -seed asks for another.
const defaultSeed = "1"

func selectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "target", Usage: "buy only `ADDRESS` and what it needs; * and ? match anything; may be repeated"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "do not buy `ADDRESS`, nor what needs its result; may be repeated"},
		&cli.IntFlag{Name: "limit", Usage: "buy only the first `N` of each task block, and what they need"},
		&cli.IntFlag{Name: "sample", Usage: "buy only `N` of each task block, drawn by their keys, and what they need"},
		&cli.StringFlag{Name: "seed", DefaultText: defaultSeed, Usage: "with -sample, draw others: any `TEXT`"},
	}
}

// selectionOf reads the flags that select.
func selectionOf(at *cli.Command) (plan.SavedSelection, error) {
	s := plan.SavedSelection{
		Target: at.StringSlice("target"), Exclude: at.StringSlice("exclude"), Limit: at.Int("limit"), Sample: at.Int("sample"),
	}
	switch {
	case at.IsSet("limit") && at.IsSet("sample"):
		return s, errors.New("-limit and -sample both say how many of each task block to buy; give one of them")
	case at.IsSet("seed") && !at.IsSet("sample"):
		return s, errors.New("-seed says nothing without -sample=N")
	}
	for _, name := range []string{"limit", "sample"} {
		if at.IsSet(name) && at.Int(name) < 1 {
			return s, fmt.Errorf("-%s=%d is below 1; collecting without buying is what resume does", name, at.Int(name))
		}
	}
	if at.IsSet("sample") {
		s.Seed = defaultSeed
		if at.IsSet("seed") {
			s.Seed = at.String("seed")
		}
	}
	return s, nil
}

// selectionArguments are the flags again, for the commands that go on with the
// same selection.
func selectionArguments(s plan.SavedSelection) (args []string) {
	for _, pattern := range s.Target {
		args = append(args, "-target="+pattern)
	}
	for _, pattern := range s.Exclude {
		args = append(args, "-exclude="+pattern)
	}
	if s.Limit > 0 {
		args = append(args, "-limit="+strconv.Itoa(s.Limit))
	}
	if s.Sample > 0 {
		args = append(args, "-sample="+strconv.Itoa(s.Sample))
		if s.Seed != defaultSeed {
			args = append(args, "-seed="+s.Seed)
		}
	}
	return args
}

// selecting resolves the patterns of a selection against a configuration.
func selecting(s plan.SavedSelection, instances []*spec.Instance) (plan.Selection, error) {
	selection := plan.Selection{Limit: s.Limit, Sample: s.Sample, Seed: s.Seed}
	var err error
	if selection.Target, err = matching("-target", s.Target, instances); err != nil {
		return selection, err
	}
	selection.Exclude, err = matching("-exclude", s.Exclude, instances)
	return selection, err
}

// matching is nil without patterns.
func matching(flag string, patterns []string, instances []*spec.Instance) (func(task.Address) bool, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	selected, err := selectAddresses(patterns, addressesOf(instances), "instance of the configuration")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return func(a task.Address) bool { return selected[a] }, nil
}

// checkReplace refuses a -replace of which the selection leaves nothing: whoever
// wrote both meant something else.
func checkReplace(patterns []string, out map[task.Address]plan.Omission, instances []*spec.Instance) error {
	chosen := func(a task.Address) bool { return out[a] == "" }
	for _, text := range patterns {
		named := matchedBy(pattern(text), instances)
		if len(named) > 0 && !slices.ContainsFunc(named, chosen) {
			return fmt.Errorf("-replace=%s names only what -%s leaves out: nothing of it would be bought; select it too, or drop one of the two",
				text, out[named[0]])
		}
	}
	return nil
}

func matchedBy(p pattern, instances []*spec.Instance) []task.Address {
	return slices.DeleteFunc(addressesOf(instances), func(a task.Address) bool { return !p.matches(a) })
}
