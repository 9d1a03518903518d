package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/urfave/cli/v3"
)

// newRoot is the whole command line.
//
// The library's own help flag is switched off for good: with a PATH behind it,
// it would look for a help topic of that name and exit 3.
func newRoot(p *program) *cli.Command {
	cli.HelpFlag = nil
	root := &cli.Command{
		Name:  "apixo-batch",
		Usage: "runs batches of paid generation tasks",
		Description: "Runs batches of paid generation tasks, declared in HCL, against the APIXO API.\n" +
			"plan shows what would run and what it costs; apply does it, and never pays twice.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "chdir", Usage: "switch to `DIR` before anything else"},
			&cli.BoolFlag{Name: "no-color", Usage: "no colour on a terminal"},
		},
		Commands: []*cli.Command{
			initCommand(p), validateCommand(p), fmtCommand(p), graphCommand(p),
			planCommand(p), applyCommand(p), resumeCommand(p), statusCommand(p), outputCommand(p),
			resolveCommand(p), spendCommand(p), balanceCommand(p), explainCommand(p), supportCommand(p),
			stateCommand(p), forceUnlockCommand(p), simulatorCommand(p), versionCommand(p),
		},
		Writer: p.stdout, ErrWriter: p.stderr,
	}
	root.Commands = append(root.Commands, helpCommand(p, root))
	settle(p, root, "")
	return root
}

// settle gives a command and those below it what each needs for itself: the
// library inherits little.
func settle(p *program, c *cli.Command, path string) {
	c.HideHelp, c.HideVersion = true, true // help is ours; see help.go
	c.DisableSliceFlagSeparator = true     // a key may hold a comma
	c.ExitErrHandler = func(context.Context, *cli.Command, error) {}
	path = strings.TrimSpace(path + " " + c.Name)
	c.Flags = append(c.Flags, &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show this help", Local: true})
	c.OnUsageError = func(_ context.Context, at *cli.Command, err error, _ bool) error { return usageError(at, path, err) }
	action := c.Action
	c.Action = func(ctx context.Context, at *cli.Command) error {
		if at.Bool("help") {
			writeHelp(p.stdout, c, path)
			return nil
		}
		if action == nil {
			return withoutAction(p, at, path)
		}
		if err := p.enter(at); err != nil {
			return err
		}
		return action(ctx, at)
	}
	for _, sub := range c.Commands {
		settle(p, sub, path)
	}
}

// enter carries out the global flags. A path or an ID that is empty is most
// likely a variable of the shell that was not set.
func (p *program) enter(at *cli.Command) error {
	for _, name := range []string{"chdir", "state", "out", "to", "errored", "task-id", "submit"} {
		if at.IsSet(name) && at.String(name) == "" {
			return fmt.Errorf("-%s is empty", name)
		}
	}
	p.chdir = at.String("chdir")
	if p.chdir == "" {
		return nil
	}
	if err := os.Chdir(p.chdir); err != nil {
		return fmt.Errorf("-chdir: %w", err)
	}
	return nil
}

// withoutAction is for a command that only has commands below it.
func withoutAction(p *program, at *cli.Command, path string) error {
	if name := at.Args().First(); name != "" {
		return unknownCommand(at, path, name)
	}
	writeHelp(p.stderr, at, path)
	return exitWith(exitError)
}

func unknownCommand(at *cli.Command, path, name string) error {
	var names []string
	for _, c := range at.Commands {
		names = append(names, c.Name)
	}
	return fmt.Errorf("there is no command %q.%s Run %s -help for the list", path+" "+name, didYouMean("", name, names), path)
}

// plannedFlags are, by command, those that people look for and that this
// version does not have.
var plannedFlags = map[string][]string{
	"plan":   {"target", "exclude", "limit", "sample"},
	"apply":  {"target", "exclude", "limit", "sample"},
	"resume": {"target", "exclude", "limit"},
	"status": {"watch"},
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
		if slices.Contains(plannedFlags[commandName(at)], name) {
			return fmt.Errorf("%s: -%s is not supported yet", path, name)
		}
		return fmt.Errorf("%s has no flag -%s.%s Run %s -help for the list", path, name, didYouMean("-", name, flagNames(at)), path)
	}
	if flag, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return fmt.Errorf("%s needs a value, as in -%s=VALUE", flag, strings.TrimLeft(flag, "-"))
	}
	if value, rest, ok := strings.Cut(strings.TrimPrefix(text, "invalid value "), " for flag "); ok && strings.HasPrefix(text, "invalid value ") {
		flag, _, _ := strings.Cut(rest, ":")
		return fmt.Errorf("%s cannot be %s; see %s -help", flag, value, path)
	}
	return err
}

func flagNames(at *cli.Command) []string {
	var names []string
	for _, c := range at.Lineage() {
		for _, f := range c.Flags {
			names = append(names, f.Names()[0])
		}
	}
	return names
}

// didYouMean suggests the nearest of the candidates, if one is near. The prefix,
// a flag's dash, is only shown.
func didYouMean(prefix, given string, candidates []string) string {
	best := nearest(given, candidates)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", prefix+best)
}

// nearest finds the candidate that was most likely meant, "" if none is near:
// the shorter the name, the fewer letters may differ.
func nearest(given string, candidates []string) string {
	most := 3
	switch n := len(given); {
	case n <= 3:
		most = 1
	case n <= 8:
		most = 2
	}
	best, least := "", min(most+1, len(given))
	for _, c := range candidates {
		if d := levenshtein.Distance(given, c, nil); d < least {
			best, least = c, d
		}
	}
	return best
}

// pathArgument is the PATH of a command, "." if it was left out.
func pathArgument(at *cli.Command) (string, error) {
	switch args := at.Args().Slice(); len(args) {
	case 0:
		return ".", nil
	case 1:
		return args[0], nil
	default:
		return "", fmt.Errorf("%s takes one PATH, not %d: %s", commandName(at), len(args), strings.Join(args, " "))
	}
}

// noArgument is for commands that take none.
func noArgument(at *cli.Command) error {
	if at.Args().Present() {
		return fmt.Errorf("%s takes no argument, but was given %q", commandName(at), at.Args().First())
	}
	return nil
}

// commandName is what follows the program's name: "apply", "state rm".
func commandName(at *cli.Command) string { return strings.TrimPrefix(at.FullName(), "apixo-batch ") }

// helpCommand shows the help of another command.
func helpCommand(p *program, root *cli.Command) *cli.Command {
	return &cli.Command{
		Name:        "help",
		Usage:       "shows the help of a command",
		ArgsUsage:   "[COMMAND]",
		Description: "Shows what a command does, its flags, examples and exit codes.",
		Action: func(_ context.Context, at *cli.Command) error {
			c, path := root, root.Name
			for _, name := range at.Args().Slice() {
				sub := c.Command(name)
				if sub == nil {
					return unknownCommand(c, path, name)
				}
				c, path = sub, path+" "+name
			}
			writeHelp(p.stdout, c, path)
			return nil
		},
	}
}
