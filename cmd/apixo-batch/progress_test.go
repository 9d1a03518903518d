package main

import (
	"context"
	"testing"

	"github.com/urfave/cli/v3"
)

// -concise means something however progress is shown.
func TestConciseProgress(t *testing.T) {
	for how, want := range map[string]progress{
		"auto": {live: true, concise: true}, "tty": {live: true, concise: true}, "plain": {concise: true}, "none": {concise: true},
	} {
		p, _, _ := testProgram(nil, nil)
		p.err.terminal = true
		var got progress
		command := &cli.Command{Name: "apply", Flags: progressFlags(), Action: func(_ context.Context, at *cli.Command) (err error) {
			got, err = p.progressOf(at)
			return err
		}}
		if err := command.Run(t.Context(), []string{"apply", "-concise", "-progress=" + how}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", how, got, err)
		}
	}
}
