package main

import (
	"context"
	"fmt"
	"os"
	"strings"

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
		Metadata: about(nil,
			"apixo-batch init                              # jobs.hcl, to begin with",
			"apixo-batch apply -simulate jobs.hcl          # no key, no money",
			"apixo-batch plan jobs.hcl                     # what it would cost",
			"apixo-batch apply jobs.hcl                    # asks, then spends",
			"apixo-batch status jobs.hcl                   # what has become of it"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "chdir", Usage: "switch to `DIR` before anything else"},
			&cli.BoolFlag{Name: "no-color", Usage: "no colour on a terminal"},
		},
		Commands: []*cli.Command{
			initCommand(p), validateCommand(p), fmtCommand(p), graphCommand(p),
			planCommand(p), applyCommand(p), resumeCommand(p), downloadCommand(p), statusCommand(p), showCommand(p), outputCommand(p), consoleCommand(p),
			resolveCommand(p), reportCommand(p), spendCommand(p), balanceCommand(p), modelsCommand(p), explainCommand(p), supportCommand(p),
			stateCommand(p), forceUnlockCommand(p), simulatorCommand(p), versionCommand(p), completionCommand(p),
		},
		Writer: p.stdout, ErrWriter: p.stderr,
	}
	root.Commands = append(root.Commands, helpCommand(p, root), completeCommand(p, root))
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

// enter begins the log and carries out the global flags.
func (p *program) enter(at *cli.Command) error {
	if err := p.openLog(at); err != nil {
		return err
	}
	p.guardStdout(at)
	if err := noneEmpty(at); err != nil {
		return err
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

// helpCommand shows the help of another command, or of a topic.
func helpCommand(p *program, root *cli.Command) *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "shows the help of a command, or of a topic",
		ArgsUsage: "[TOPIC or COMMAND...]",
		Description: "Shows what a command does, its flags, examples and exit codes. Without an argument, it\n" +
			"lists commands and topics.",
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write the topic for programs: events as a JSON Schema"}},
		Metadata: about(nil, "apixo-batch help apply", "apixo-batch help state rm", "apixo-batch help money", "apixo-batch help -json events"),
		Action: func(_ context.Context, at *cli.Command) error {
			if shown, err := p.topic(at); shown || err != nil {
				return err
			}
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
