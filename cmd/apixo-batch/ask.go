package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
)

// inputVariable, 0 or false, is the environment's -input=false: it makes a question
// an error on a terminal as well. In a script that has one, the command would wait
// for nobody.
const inputVariable = "APIXO_INPUT"

// canAsk says why no question can be asked; nil if one can. -input, where a command
// has it, outranks APIXO_INPUT.
func (p *program) canAsk(at *cli.Command) error {
	forbidden := ""
	if at.IsSet("input") {
		if !at.Bool("input") {
			forbidden = "-input=false"
		}
	} else if value := p.env(inputVariable); value != "" {
		// What is no such word forbids nothing.
		if allowed, err := strconv.ParseBool(value); err == nil && !allowed {
			forbidden = inputVariable + "=" + value
		}
	}
	switch {
	case forbidden != "":
		return fmt.Errorf("%s forbids to ask: pass -auto-approve to go ahead without a question; nothing was done", forbidden)
	case !p.terminalIn():
		return errNobodyToAsk
	default:
		return nil
	}
}

// asker asks for the values of variables. What keeps it from an answer is in err.
type asker struct {
	*program
	allowed bool
	err     error
}

func (p *program) asker(at *cli.Command) *asker {
	return &asker{program: p, allowed: p.canAsk(at) == nil && !at.Bool("json")}
}

// ask is for spec.LoadOptions: nil if nobody can be asked.
func (a *asker) ask() func(spec.Question) (string, error) {
	if !a.allowed {
		return nil
	}
	return a.variable
}

func (a *asker) variable(q spec.Question) (string, error) {
	fmt.Fprintf(a.stderr, "\nvar.%s (%s)\n", q.Variable, q.Type)
	if q.Description != "" {
		fmt.Fprintf(a.stderr, "  %s\n", view.Clean(q.Description))
	}
	read := a.readLine
	if q.Sensitive {
		read = a.readHidden
	}
	line, err := read("Enter a value: ")
	if !strings.HasSuffix(line, "\n") {
		fmt.Fprintln(a.stderr)
	}
	if err == nil && line == "" {
		err = errors.New("there was no answer")
	}
	var ended *exitStatus
	if errors.As(err, &ended) {
		a.err = err
	}
	return strings.TrimRight(line, "\r\n"), err
}

// readHidden is readLine without what is typed being shown.
func (p *program) readHidden(question string) (string, error) {
	terminal := int(p.stdin.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("hide what is typed: %w", err)
	}
	defer term.Restore(terminal, before)
	return p.readAnswer(question, func() string {
		typed, err := term.ReadPassword(terminal)
		if err != nil {
			return ""
		}
		fmt.Fprintln(p.stderr) // the newline was not shown either
		return string(typed) + "\n"
	})
}
