package main

import (
	"context"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// -concise and -verbose ask for the opposite.
func TestConciseIsNotVerbose(t *testing.T) {
	for flags, want := range map[string]string{"-concise -verbose": "give one of them", "-concise=false -verbose": "", "-progress=none -verbose": ""} {
		p, _, _ := testProgram(nil, nil)
		command := &cli.Command{Name: "apply", Flags: progressFlags(), Action: func(_ context.Context, at *cli.Command) error {
			_, err := p.progressOf(at)
			return err
		}}
		err := command.Run(t.Context(), append([]string{"apply"}, strings.Fields(flags)...))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flags, err)
		}
	}
}

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
