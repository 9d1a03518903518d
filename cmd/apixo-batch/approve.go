package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
)

// errNotApproved is the answer to a question that was not "yes".
var errNotApproved = errors.New("not approved; nothing was submitted")

// approve asks whether a plan may be paid for. Where there is nobody to ask, the
// answer is no at once.
func (p *program) approve(shown view.Plan) error {
	question := spendQuestion(shown)
	ok, err := p.ask(question)
	if err != nil {
		return err
	}
	if !ok {
		return errNotApproved
	}
	return nil
}

func spendQuestion(shown view.Plan) string {
	totals := shown.Totals()
	unpriced := 0
	for _, n := range totals.Unpriced {
		unpriced += n
	}
	var text string
	switch {
	case unpriced == totals.Paying():
		text = fmt.Sprintf("Spend an unknown amount on %s", tasks(totals.Paying()))
	default:
		text = fmt.Sprintf("Spend %s", totals.High)
		if totals.AtMost > totals.High {
			text += fmt.Sprintf(", at most %s with retries,", totals.AtMost)
		}
		if unpriced > 0 {
			text += fmt.Sprintf(" and the unknown price of %s", tasks(unpriced))
		}
		text += " on " + tasks(totals.Paying())
	}
	if shown.BaseURL != "" {
		text += " at " + view.Clean(shown.BaseURL)
	}
	if shown.Target.Simulated {
		text = "SIMULATED, no real money. " + text
	}
	return text + "?"
}

func tasks(n int) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// ask puts a question to the user; only "yes" is a yes. Signals are not caught
// meanwhile: they end the process, and nothing is at stake yet.
func (p *program) ask(question string) (bool, error) {
	if !term.IsTerminal(int(p.stdin.Fd())) {
		return false, errors.New("there is no terminal to ask on: pass -auto-approve to go ahead without a question; nothing was submitted")
	}
	fmt.Fprintf(p.stderr, "\n%s\nOnly 'yes' is accepted: ", question)
	line, err := bufio.NewReader(p.stdin).ReadString('\n')
	if err != nil {
		fmt.Fprintln(p.stderr)
	}
	return strings.TrimSpace(line) == "yes", nil
}
