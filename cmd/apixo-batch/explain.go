package main

import (
	"context"
	"fmt"
	"maps"
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
		ArgsUsage: "[CODE]",
		Description: "Says what an HTTP status, a fail code of the API or a reason of this program means,\n" +
			"whether trying again can help, and what to do. Without CODE it lists all.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write JSON"}},
		Metadata: about(nil,
			"apixo-batch explain 402",
			"apixo-batch explain NSFW_DETECTED",
			"apixo-batch explain in_doubt"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			return p.explain(strings.Join(at.Args().Slice(), " "), at.Bool("json"))
		},
	}
}

// explain shows one code, or all of them. A fail code may have spaces, so the
// arguments together are one.
func (p *program) explain(code string, asJSON bool) error {
	c := catalog.Default()
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
