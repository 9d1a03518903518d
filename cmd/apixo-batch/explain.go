package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/catalog"
)

func explainCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "says what a status, fail code or reason means",
		ArgsUsage: "[CODE] [PATH]",
		Description: "Says what an HTTP status, a fail code of the API or a reason of this program means,\n" +
			"whether trying again can help, and what to do. Without CODE it lists all.\n" +
			"\n" +
			"With a PATH, which is a directory or ends in .hcl or .json, the error blocks of that configuration count too.",
		Flags: append(variableFlags(), &cli.BoolFlag{Name: "json", Usage: "write JSON"}),
		Metadata: about(nil,
			"apixo-batch explain 402",
			"apixo-batch explain NSFW_DETECTED",
			"apixo-batch explain in_doubt",
			"apixo-batch explain timeout jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			code, path := codeAndPath(at.Args().Slice())
			known, err := p.codesOf(at, path)
			if err != nil {
				return err
			}
			return p.explain(known, code, at.Bool("json"))
		},
	}
}

// codeAndPath tells the arguments apart. A fail code may have spaces, so all of
// them but a PATH are one.
func codeAndPath(args []string) (code, path string) {
	if n := len(args); n > 0 {
		last := args[n-1]
		info, err := os.Stat(last)
		_, isCode := codeNamed(catalog.Default(), last)
		if strings.HasSuffix(last, ".hcl") || strings.HasSuffix(last, ".json") || err == nil && info.IsDir() && !isCode {
			return strings.Join(args[:n-1], " "), last
		}
	}
	return strings.Join(args, " "), ""
}

// codesOf gives the codes that are known: with those of a configuration, if a
// path names one.
func (p *program) codesOf(at *cli.Command, path string) (*catalog.Catalog, error) {
	if path == "" {
		known, err := p.catalogFrom(p.catalogPath(at))
		return known.Catalog, err
	}
	s, err := p.loadSettings(at, path)
	if err != nil {
		return nil, err
	}
	return s.Catalog, nil
}

// explain shows one code, or all of them.
func (p *program) explain(c *catalog.Catalog, code string, asJSON bool) error {
	rows := append(c.Codes(), c.Reasons()...)
	if code != "" {
		row, ok := codeNamed(c, code)
		if !ok {
			return fmt.Errorf("no document has the code %q.%s A failure with it is not tried again by itself. apixo-batch explain lists all that is known",
				view.Clean(code), nearestCode(code, rows))
		}
		rows = []catalog.Code{row}
	}
	switch {
	case asJSON:
		return view.WriteCodesJSON(p.stdout, rows)
	case code == "":
		view.WriteCodes(p.stdout, rows, p.out.width)
	default:
		view.WriteCode(p.stdout, rows[0], p.out.width)
	}
	return nil
}

// codeNamed finds a status, a fail code in any spelling, or a reason.
func codeNamed(c *catalog.Catalog, name string) (catalog.Code, bool) {
	if status, err := strconv.Atoi(name); err == nil {
		return c.Status(status)
	}
	for _, row := range c.Reasons() {
		if row.Code == name {
			return row, true
		}
	}
	if row, ok := c.FailCode(name); ok {
		return row, true
	}
	for _, row := range c.Reasons() {
		if catalog.Fold(row.Code) == catalog.Fold(name) {
			return row, true
		}
	}
	return catalog.Code{}, false
}

// nearestCode suggests the code that was most likely meant.
func nearestCode(code string, rows []catalog.Code) string {
	shown := make(map[string]string)
	for _, row := range rows {
		shown[catalog.Fold(row.Code)] = row.Code
	}
	if best := nearest(catalog.Fold(code), slices.Sorted(maps.Keys(shown))); best != "" {
		return fmt.Sprintf(" Did you mean %q?", shown[best])
	}
	return ""
}
