package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/urfave/cli/v3"

	"apixo-batch/spec"
)

func consoleCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "console",
		Usage:     "evaluates expressions over the configuration and the state",
		ArgsUsage: "[PATH]",
		Description: "Evaluates expressions as an output block does: variables, locals, functions and results\n" +
			"of tasks; type(x) gives the type of x. Takes no lock and calls nobody.\n" +
			"\n" +
			"On a terminal, TAB completes names, an expression goes on while a bracket is open, Ctrl-C\n" +
			"drops what is typed, help says which key does what, and exit or Ctrl-D ends. From a\n" +
			"pipe, the value of each expression is written to standard output, and the first error\n" +
			"ends it with exit code 1.",
		Flags: append(stateFlags(), variableFlags()...),
		Metadata: about(nil,
			"apixo-batch console jobs.hcl",
			"apixo-batch console -simulate -var=style=noir jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error { return p.console(at) },
	}
}

// console is what expressions are evaluated with.
type console struct {
	*program
	spec   *spec.Spec
	lookup spec.Lookup
}

// consoleName is what diagnostics call the input.
const consoleName = "<console>"

func (p *program) console(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	if path == "-" {
		return errors.New("console reads expressions from standard input, so the configuration must be in a file")
	}
	if err := notSaved(path, "console"); err != nil {
		return err
	}
	c := &console{program: p}
	if c.spec, err = p.loadSettings(at, path); err != nil {
		return err
	}
	file, err := statePath(p.targetOf(at, path))
	if err != nil {
		return err
	}
	contents, err := p.readContents(file)
	if err != nil {
		return err
	}
	c.lookup = outcomes(contents.Records)
	if p.terminalIn() && p.out.terminal && p.env("TERM") != "dumb" {
		return c.converse()
	}
	return c.script()
}

// script evaluates what comes through a pipe, up to the first error.
func (c *console) script() error {
	lines := bufio.NewScanner(c.stdin)
	lines.Buffer(nil, spec.MaxExpressionBytes)
	var open expression
	for lines.Scan() {
		if done, err := c.line(&open, lines.Text()); done || err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("a line on standard input has more than %d KiB: keep data in CSV or JSON files and read them with file()", spec.MaxExpressionBytes>>10)
	case err != nil:
		return fmt.Errorf("read standard input: %w", err)
	}
	return c.evaluate(open.String()) // what was never closed says so
}

// expression is what was read of an expression that goes on.
type expression struct{ strings.Builder }

// line takes one line of input, and evaluates the expression that ends with it.
// It is done at the line exit.
func (c *console) line(open *expression, line string) (done bool, err error) {
	if open.Len() == 0 && strings.TrimSpace(line) == "exit" {
		return true, nil
	}
	if open.Len() > 0 {
		open.WriteByte('\n')
	}
	open.WriteString(line)
	if open.Len() <= spec.MaxExpressionBytes && spec.ExpressionContinues(open.String()) {
		return false, nil
	}
	source := open.String()
	open.Reset()
	return false, c.evaluate(source)
}

// evaluate writes the value of an expression, and nothing for a comment.
func (c *console) evaluate(source string) error {
	text, diagnostics := c.spec.EvalExpression(source, consoleName, c.lookup)
	if len(diagnostics) > 0 {
		sources := map[string]*hcl.File{consoleName: {Bytes: []byte(source)}}
		for name, file := range c.spec.Sources {
			sources[name] = file
		}
		c.view.Diagnostics(diagnostics, sources)
	}
	if diagnostics.HasErrors() {
		return exitWith(exitError)
	}
	if text != "" {
		fmt.Fprintln(c.stdout, text)
	}
	return nil
}
