package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v3"
)

func versionCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "shows the version",
		Description: "Shows the version of this program.\nWith -json also the platform, the version of Go it was built with, and that of the fingerprints.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write one JSON object"}},
		Metadata:    about(nil, "apixo-batch version -json"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			if err := noArgument(at); err != nil {
				return err
			}
			if !at.Bool("json") {
				fmt.Fprintln(p.stdout, "apixo-batch", version())
				return nil
			}
			return json.NewEncoder(p.stdout).Encode(map[string]string{
				"apixo_batch_version": version(),
				"platform":            runtime.GOOS + "_" + runtime.GOARCH,
				"go_version":          runtime.Version(),
				"fingerprint_version": "1",
			})
		},
	}
}
