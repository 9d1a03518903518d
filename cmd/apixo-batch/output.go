package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func outputCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "output",
		Usage:     "shows the output values",
		ArgsUsage: "[NAME] [PATH]",
		Description: "Shows the values of the output blocks, from the configuration and the state; takes no\n" +
			"lock and calls nobody. An argument that is a file or a directory is the PATH.",
		Flags: append(append(stateFlags(), variableFlags()...),
			&cli.BoolFlag{Name: "json", Usage: "write JSON: all outputs, or the value of one; sensitive ones too"},
			&cli.BoolFlag{Name: "raw", Usage: "write the text of one string, number or bool, without quotes"},
		),
		Metadata: about(nil, "apixo-batch output jobs.hcl", "apixo-batch output -json files", "apixo-batch output -raw cover"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.output(at) },
	}
}

func (p *program) output(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	name, path, err := nameAndPath(at)
	if err != nil {
		return err
	}
	if at.Bool("raw") && (name == "" || at.Bool("json")) {
		return fmt.Errorf("-raw shows the text of one output: output -raw NAME, without -json")
	}
	outputs, err := p.evalOutputs(at, path)
	if err != nil {
		return err
	}
	if name != "" {
		return p.oneOutput(at, outputs, name)
	}
	if at.Bool("json") {
		return view.WriteOutputsJSON(p.stdout, outputs)
	}
	if len(outputs) == 0 {
		p.view.Note("the configuration has no output blocks")
	}
	view.WriteOutputs(p.stdout, outputs)
	return nil
}

// nameAndPath tells the two optional arguments apart.
func nameAndPath(at *cli.Command) (name, path string, err error) {
	switch args := at.Args().Slice(); len(args) {
	case 0:
		return "", ".", nil
	case 1:
		_, missing := os.Stat(args[0])
		if missing != nil && hclsyntax.ValidIdentifier(args[0]) {
			return args[0], ".", nil
		}
		return "", args[0], nil
	case 2:
		return args[0], args[1], nil
	default:
		return "", "", fmt.Errorf("output takes [NAME] [PATH], not %d arguments: %s", len(args), strings.Join(args, " "))
	}
}

// evalOutputs evaluates the output blocks with what the state knows.
func (p *program) evalOutputs(at *cli.Command, path string) ([]spec.Output, error) {
	s, err := p.loadSettings(at, path)
	if err != nil {
		return nil, err
	}
	_, contents, err := p.existing(at, path)
	if err != nil {
		return nil, err
	}
	outputs, diagnostics := s.EvalOutputs(outcomes(contents.Records))
	return outputs, p.show(diagnostics, s)
}

// outcomes looks up what the records know of tasks that succeeded.
func outcomes(records []state.Record) spec.Lookup {
	known := make(map[task.Address]task.Outcome)
	for _, r := range records {
		if outcome, ok := r.Outcome(); ok {
			known[r.Address] = outcome
		}
	}
	return func(a task.Address) (task.Outcome, bool) {
		outcome, ok := known[a]
		return outcome, ok
	}
}

func (p *program) oneOutput(at *cli.Command, outputs []spec.Output, name string) error {
	i := slices.IndexFunc(outputs, func(o spec.Output) bool { return o.Name == name })
	if i < 0 {
		var names []string
		for _, o := range outputs {
			names = append(names, o.Name)
		}
		return fmt.Errorf("the configuration has no output %q.%s Its outputs: %s", name, didYouMean("", name, names), strings.Join(names, ", "))
	}
	o := outputs[i]
	switch {
	case !o.Known:
		return fmt.Errorf("output %q is not known yet: tasks that it uses have no result. apixo-batch status shows them", name)
	case at.Bool("json"):
		return view.WriteJSON(p.stdout, o.Value, "  ")
	case at.Bool("raw"):
		return p.rawOutput(o)
	}
	o.Sensitive = false // asked for by its name
	view.WriteOutput(p.stdout, o)
	return nil
}

// rawOutput writes a value for a shell: as it is, without a newline that was
// not in it.
func (p *program) rawOutput(o spec.Output) error {
	text := string(o.Value)
	switch o.Value[0] {
	case '[', '{', 'n':
		return fmt.Errorf("output %q is no string, number or bool: use -json", o.Name)
	case '"':
		if err := json.Unmarshal(o.Value, &text); err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
	}
	fmt.Fprint(p.stdout, text)
	return nil
}
