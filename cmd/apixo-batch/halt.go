package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner"
)

// defaultHalt ends submitting where the next task would most likely fail alike,
// and cost as much.
var defaultHalt = runner.Halt{Equal: 10}

// haltFlag is for apply and resume. Its grammar is that of GNU parallel's --halt.
func haltFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "halt", DefaultText: "10 equal final failures in a row",
		Usage: "stop when tasks fail: `WHEN` is never, soon,fail=N or now,fail=N. N is a count, or a share of what ended, as 10%. " +
			"soon waits for what runs; now leaves it to a later run",
	}
}

// haltOf reads -halt. A rule that is given replaces the built-in one.
func haltOf(at *cli.Command) (runner.Halt, error) {
	if !at.IsSet("halt") {
		return defaultHalt, nil
	}
	halt, err := parseHalt(at.String("halt"))
	if err != nil {
		return runner.Halt{}, fmt.Errorf("-halt=%s: %w", at.String("halt"), err)
	}
	return halt, nil
}

func parseHalt(text string) (runner.Halt, error) {
	if text == "never" {
		return runner.Halt{}, nil
	}
	when, why, _ := strings.Cut(text, ",")
	count, isFail := strings.CutPrefix(why, "fail=")
	if when != "soon" && when != "now" || !isFail {
		return runner.Halt{}, fmt.Errorf("want never, soon,fail=N or now,fail=N, where N is a count as in soon,fail=3, or a share of the tasks that ended as in now,fail=10%%")
	}
	halt := runner.Halt{Now: when == "now"}
	digits, isShare := strings.CutSuffix(count, "%")
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil || n == 0:
		return runner.Halt{}, fmt.Errorf("%q is not a number of failed tasks, which is 1 or more, nor a share of 1%% to 100%%", count)
	case isShare && n > 100:
		return runner.Halt{}, fmt.Errorf("%s is more than 100%%", count)
	case isShare:
		halt.Percent = int(n)
	default:
		halt.Failed = int(n)
	}
	return halt, nil
}
