package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"apixo-batch/state"
)

func forceUnlockCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "force-unlock",
		Usage:     "takes the lock from a holder that cannot be reached",
		ArgsUsage: "ID [PATH]",
		Description: "Takes the state's lock away from a holder that cannot be reached, such as one on another\n" +
			"machine. A lock dies with its process, so a crash needs no unlocking.",
		Flags:    stateFlags(),
		Metadata: about(nil, "apixo-batch force-unlock 3f9c2a71-5d2e-4c1b-9a60-7be14f08d2c5 jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			args := at.Args().Slice()
			if len(args) != 1 && len(args) != 2 {
				return fmt.Errorf("force-unlock takes ID [PATH], not %d arguments; whoever finds the state locked is told the ID", len(args))
			}
			if _, err := os.Stat(args[0]); err == nil {
				return fmt.Errorf("force-unlock takes ID [PATH], and %q is a path; whoever finds the state locked is told the ID", args[0])
			}
			path := "."
			if len(args) == 2 {
				path = args[1]
			}
			file, err := statePath(p.targetOf(at, path))
			if err != nil {
				return err
			}
			switch err := state.ForceUnlock(file, args[0]); {
			case errors.Is(err, state.ErrNotLocked):
				return fmt.Errorf("the state %s is not locked; nothing to do", file)
			case err != nil:
				return err
			}
			fmt.Fprintf(p.stdout, "The state %s is unlocked.\n", file)
			return nil
		},
	}
}
