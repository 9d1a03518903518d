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
		Description: "Shows the version of this program.\nWith -json also those of Go, of the fingerprints and of the JSON lines.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write one JSON object"}},
		Metadata:    about(nil, "apixo-batch version -json"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
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
