package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

func graphCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "graph",
		Usage:     "draws what waits for what, as DOT or Mermaid",
		ArgsUsage: "[PATH]",
		Description: "Draws which task uses which, as DOT for Graphviz or as Mermaid for Markdown. An arrow\n" +
			"leads from a result to what is made from it.",
		Flags: append(variableFlags(),
			&cli.StringFlag{Name: "format", Value: "dot", Usage: "write `FORMAT`: dot or mermaid"},
			&cli.BoolFlag{Name: "instances", Usage: "a node for each instance, not for each task block"},
		),
		Metadata: about(nil, "apixo-batch graph jobs.hcl | dot -Tsvg >jobs.svg", "apixo-batch graph -format=mermaid -instances jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			path, err := pathArgument(at)
			if err != nil {
				return err
			}
			format := view.GraphFormat(at.String("format"))
			if format != view.DOT && format != view.Mermaid {
				return fmt.Errorf("-format=%s is neither dot nor mermaid.%s", format, didYouMean("", string(format), []string{string(view.DOT), string(view.Mermaid)}))
			}
			s, err := p.loadSettings(at, path)
			if err != nil {
				return err
			}
			return view.WriteGraph(p.stdout, s.Instances, format, at.Bool("instances"))
		},
	}
}
