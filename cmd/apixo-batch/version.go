package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/apixo"
)

func versionCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "shows the version",
		Description: "Shows the version of this program.\nWith -json also the platform, commit and build date, and the versions of Go, of the\nfingerprints and of the JSON lines.",
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
			return json.NewEncoder(p.stdout).Encode(versionFields())
		},
	}
}

// versionFields are what version -json tells: commit and build_date as far as the build
// knows them, modified if the tree differed from the commit.
func versionFields() map[string]string {
	fields := map[string]string{
		"apixo_batch_version": version(),
		"platform":            runtime.GOOS + "_" + runtime.GOARCH,
		"go_version":          runtime.Version(),
		"fingerprint_version": "1",
		"ui_version":          view.UIVersion,
		"api_base":            apixo.DefaultBaseURL,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if name := buildFields[s.Key]; name != "" {
				fields[name] = s.Value
			}
		}
	}
	return fields
}

var buildFields = map[string]string{"vcs.revision": "commit", "vcs.time": "build_date", "vcs.modified": "modified"}
