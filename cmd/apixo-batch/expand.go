package main

import (
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// expansion is the value of -expand: the bare flag lists every instance of the
// plan but the unchanged, and -expand=PATTERN all that match.
type expansion struct {
	all      bool
	patterns []string
}

func expandFlag() cli.Flag {
	return &cli.GenericFlag{Name: "expand", Value: new(expansion), Usage: "list every instance but the unchanged, or all those of a `PATTERN`"}
}

// expansionOf reads -expand.
func expansionOf(at *cli.Command) expansion {
	if e, given := at.Value("expand").(*expansion); given {
		return *e
	}
	return expansion{}
}

// IsBoolFlag lets -expand stand without a value; what follows is PATH.
func (e *expansion) IsBoolFlag() bool { return true }

// Set takes one occurrence of the flag; the bare one comes as "true".
func (e *expansion) Set(text string) error {
	switch text {
	case "true", "false":
		e.all = text == "true"
	default:
		e.patterns = append(e.patterns, text)
	}
	return nil
}

func (e *expansion) Get() any       { return e }
func (e *expansion) String() string { return "" } // there is no default to show

// listed are the instances that the patterns name.
func (e expansion) listed(p *plan.Plan) (map[task.Address]bool, error) {
	if len(e.patterns) == 0 {
		return nil, nil
	}
	return selectActions("-expand", e.patterns, p)
}

// selectActions gives the addresses of a plan that any of the patterns matches:
// instances, and records that are not declared any more.
func selectActions(flag string, patterns []string, p *plan.Plan) (map[task.Address]bool, error) {
	addresses := make([]task.Address, len(p.Actions))
	for i := range p.Actions {
		addresses[i] = p.Actions[i].Address
	}
	selected, err := selectAddresses(patterns, addresses, "instance or record of the plan")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return selected, nil
}
