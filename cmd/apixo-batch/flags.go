package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// Flags that several commands share. Each call makes new ones: a flag holds the
// value that was parsed.

func stateFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "state", Usage: "keep the state at `PATH`, not beside the configuration"},
		&cli.BoolFlag{Name: "simulate", Usage: "use the simulator inside this program and a state of its own"},
	}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "write JSON lines to standard output, and nothing else"}
}

const lockTimeoutUsage = "wait for the state's lock: a `DURATION` such as 30s"

func lockTimeoutFlag() cli.Flag {
	return &cli.DurationFlag{Name: "lock-timeout", Usage: lockTimeoutUsage}
}

// variableFlags are for what evaluates a configuration.
func variableFlags() []cli.Flag {
	return []cli.Flag{
		catalogFlag(),
		&cli.StringSliceFlag{Name: "var", Usage: "`NAME=VALUE`: set a variable; may be repeated"},
		&cli.StringSliceFlag{Name: "var-file", Usage: "set the variables in a `FILE`; may be repeated"},
		&cli.BoolFlag{Name: "input", Value: true, HideDefault: true, Usage: "ask where an answer is needed, as for variables that nothing sets; -input=false does not"},
		&cli.StringSliceFlag{Name: "allow-path", Usage: "let file() and its kin read from `DIR` too; may be repeated"},
	}
}

// replaceFlag is for what buys: plan and apply.
func replaceFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "replace", Usage: "submit again what has a result: an `ADDRESS`, * and ? match anything; may be repeated"}
}

// spendingFlags are those of plan, apply and resume.
func spendingFlags() []cli.Flag {
	return slices.Concat(stateFlags(), variableFlags(), selectionFlags(), []cli.Flag{
		&cli.StringFlag{Name: "budget", Usage: "commit at most so many `USD` in this run"},
		&cli.BoolFlag{Name: "allow-unpriced", Usage: "with a budget, run what has no price, uncovered"},
		expandFlag(),
		strictFlag(),
		jsonFlag(),
		jsonIntoFlag(),
	})
}

// applyFlags are those of apply and resume.
func applyFlags() []cli.Flag {
	return append(slices.Concat(spendingFlags(), webhookFlags(), progressFlags()),
		&cli.BoolFlag{Name: "auto-approve", Usage: "spend without asking"},
		&cli.IntFlag{Name: "parallelism", DefaultText: "32, or the configuration's", Usage: "have at most `N` tasks in flight"},
		&cli.BoolFlag{Name: "allow-insufficient-balance", Usage: "start although the balance is below the plan, and go on until APIXO refuses"},
		haltFlag(),
		acceptRollbackFlag(),
		traceFlag(),
		ciSummaryFlag(),
		lockTimeoutFlag(),
	)
}

// budgetOf reads -budget; nil if it was not given.
func budgetOf(at *cli.Command) (*task.Cost, error) {
	if !at.IsSet("budget") {
		return nil, nil
	}
	amount, err := task.ParseUSD(strings.TrimPrefix(at.String("budget"), "$"))
	if err != nil {
		return nil, fmt.Errorf("-budget: %w", err)
	}
	if amount < 0 {
		return nil, fmt.Errorf("-budget=%s is below zero", at.String("budget"))
	}
	return &amount, nil
}

// parallelismOf reads -parallelism, or gives the configuration's; never more than
// the key is declared to allow, which is said of what was asked for.
func (p *program) parallelismOf(at *cli.Command, settings spec.Settings) (int, error) {
	n := settings.Parallelism
	if at.IsSet("parallelism") {
		n = at.Int("parallelism")
	}
	most := cmp.Or(settings.MaxInFlight, n)
	switch {
	case n >= 1 && n <= most:
		return n, nil
	case n > most && n <= 10_000:
		if at.IsSet("parallelism") {
			p.view.Note(fmt.Sprintf("-parallelism=%d is more than the apixo block declares for the key, max_in_flight = %d: so many tasks run at a time", n, most))
		}
		return most, nil
	}
	return 0, fmt.Errorf("-parallelism=%d is not between 1 and 10000", at.Int("parallelism"))
}

func lockTimeoutOf(at *cli.Command) (time.Duration, error) {
	d := at.Duration("lock-timeout")
	if d < 0 {
		return 0, fmt.Errorf("-lock-timeout=%s is below zero", d)
	}
	return d, nil
}

// variablesOf collects -var and -var-file in the order they stand in on the
// command line: the later wins, whichever flag it is.
func variablesOf(p *program, at *cli.Command) ([]spec.VarAssignment, error) {
	values := map[string][]string{"var": at.StringSlice("var"), "var-file": at.StringSlice("var-file")}
	var all []spec.VarAssignment
	take := func(name string) error {
		value := values[name][0]
		values[name] = values[name][1:]
		if name == "var-file" {
			all = append(all, spec.VarAssignment{File: value})
			return nil
		}
		key, text, ok := strings.Cut(value, "=")
		if !ok || key == "" {
			return fmt.Errorf("-var %q: a variable is set as -var 'name=value'", value)
		}
		all = append(all, spec.VarAssignment{Name: key, Value: text})
		return nil
	}
	for _, arg := range p.args {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if !strings.HasPrefix(arg, "-") || len(values[name]) == 0 {
			continue
		}
		if err := take(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// shownVariables are the variable flags as a suggested command repeats them.
// Values given on the command line may be secret and are left out.
func shownVariables(vars []spec.VarAssignment) []string {
	var shown []string
	for _, v := range vars {
		if v.File != "" {
			shown = append(shown, "-var-file="+v.File)
		} else {
			shown = append(shown, "-var="+v.Name+"=...")
		}
	}
	return shown
}

const variablePrefix = "APIXO_VAR_"

// environmentVariables are the values of APIXO_VAR_name by name.
func environmentVariables(environ []string) map[string]string {
	values := make(map[string]string)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			if name, ok := strings.CutPrefix(name, variablePrefix); ok && name != "" {
				values[name] = value
			}
		}
	}
	return values
}
