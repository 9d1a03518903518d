package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

func unknownCommand(at *cli.Command, path, name string) error {
	var names []string
	for _, c := range at.Commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	what := "command"
	if at.Name == path { // the root: help explains topics too
		what = "command or topic"
		for _, t := range topics {
			names = append(names, t.name)
		}
	}
	return fmt.Errorf("there is no %s %q.%s Run %s -help for the list", what, path+" "+name, didYouMean("", name, names), path)
}

// usageError rewords what the library says about a command line.
func usageError(at *cli.Command, path string, err error) error {
	var status *exitStatus
	if errors.As(err, &status) {
		return err
	}
	// A flag after a mistyped command is read as a flag of the command above.
	if name := at.Args().First(); name != "" && len(at.Commands) > 0 {
		return unknownCommand(at, path, name)
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name, _, _ = strings.Cut(name, "=")
		meant := didYouMean("-", name, flagNames(at))
		if others := commandsWith(at.Root(), name); meant == "" && len(others) > 0 {
			meant = fmt.Sprintf(" It is a flag of: %s.", strings.Join(others, ", "))
		}
		return fmt.Errorf("%s has no flag -%s.%s Run %s -help for the list", path, name, meant, path)
	}
	if flag, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		name := strings.TrimLeft(flag, "-")
		return fmt.Errorf("-%s needs a value; it is written %s", name, written(flagNamed(at, name)))
	}
	if value, rest, ok := strings.Cut(strings.TrimPrefix(text, "invalid value "), " for flag "); ok && strings.HasPrefix(text, "invalid value ") {
		flag, _, _ := strings.Cut(rest, ":")
		name := strings.TrimLeft(flag, "-")
		return fmt.Errorf("-%s cannot be %s: it is %s; see %s -help", name, value, wantedValue(flagNamed(at, name)), path)
	}
	return err
}

func flagNames(at *cli.Command) []string {
	var names []string
	for _, f := range allFlags(at) {
		names = append(names, f.Names()[0])
	}
	return names
}

// commandsWith lists the commands below c that have a flag.
func commandsWith(c *cli.Command, flag string) (names []string) {
	for _, sub := range c.Commands {
		if !sub.Hidden && slices.ContainsFunc(sub.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) }) {
			names = append(names, commandName(sub))
		}
		names = append(names, commandsWith(sub, flag)...)
	}
	return names
}

func flagNamed(at *cli.Command, name string) cli.Flag {
	for _, f := range allFlags(at) {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return &cli.StringFlag{Name: name}
}

// wantedValue says what the value of a flag has to be.
func wantedValue(f cli.Flag) string {
	switch f.(type) {
	case *cli.BoolFlag:
		return "true or false, and true when it is left out"
	case *cli.DurationFlag:
		return "a duration such as 30s, 5m or 1h30m"
	case *cli.FloatFlag:
		return "a number such as 2 or 0.5"
	case *cli.IntFlag, *cli.Uint64Flag:
		return "a whole number such as 8"
	default:
		return "written " + written(f)
	}
}

// noneEmpty refuses a text that is empty: most likely a variable of the shell that
// was not set.
func noneEmpty(at *cli.Command) error {
	for _, f := range allFlags(at) {
		name, empty := f.Names()[0], false
		switch f.(type) {
		case *cli.StringFlag:
			empty = at.IsSet(name) && at.String(name) == ""
		case *cli.StringSliceFlag:
			empty = slices.Contains(at.StringSlice(name), "")
		}
		if empty {
			return fmt.Errorf("-%s is empty; it is written %s", name, written(f))
		}
	}
	return nil
}

// allFlags are those of a command and of the commands above it.
func allFlags(at *cli.Command) (all []cli.Flag) {
	for _, c := range at.Lineage() {
		all = append(all, c.Flags...)
	}
	return all
}

// written is how a flag is written: "-state=PATH".
func written(f cli.Flag) string {
	name, _ := flagHelp(f)
	return name
}
