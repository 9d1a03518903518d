package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"apixo-batch/cmd/apixo-batch/view"
)

// errNotApproved is the answer to a question that was not "yes".
var errNotApproved = errors.New("not approved; nothing was submitted")

// errNobodyToAsk is for a question without a terminal.
var errNobodyToAsk = errors.New("there is no terminal to ask on: pass -auto-approve to go ahead without a question; nothing was done")

// canApprove finds out, before anything is shown, whether spending can be
// approved at all.
func (p *program) canApprove(at *cli.Command, w *planning) error {
	switch {
	case at.Bool("auto-approve"), w.saved != nil:
		return nil
	case at.Bool("json"):
		return errors.New("-json cannot ask: pass -auto-approve too; nothing was submitted")
	default:
		return p.canAsk(at)
	}
}

func (p *program) terminalIn() bool { return term.IsTerminal(int(p.stdin.Fd())) }

// approve asks whether a plan may be paid for.
func (p *program) approve(at *cli.Command, shown view.Plan) error {
	question := spendQuestion(shown)
	ok, err := p.ask(at, question)
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
	most, bounded := shown.Most(totals)
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
		if more := shown.MostText(totals); bounded && most <= totals.High {
			text = "Spend " + more + ","
		} else if more != "" {
			text += ", " + more + ","
		}
		if unpriced > 0 {
			text += fmt.Sprintf(" and the unknown price of %s", tasks(unpriced))
		}
		text += " on " + tasks(totals.Paying())
	}
	switch n := totals.Resubmits; {
	case n == 1:
		text += ", 1 of which is in doubt and may be paid twice,"
	case n > 1:
		text += fmt.Sprintf(", %d of which are in doubt and may be paid twice,", n)
	}
	if shown.Catalog != "" {
		text += ", by the prices of " + view.Clean(shown.Catalog) + ","
	}
	if shown.BaseURL != "" {
		text += " at " + view.Clean(shown.BaseURL)
	}
	if shown.Target.Simulated {
		text = "SIMULATED, no real money. " + text
	}
	return strings.TrimSuffix(text, ",") + "?"
}

func tasks(n int) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// ask puts a question to the user; only "yes" is a yes.
func (p *program) ask(at *cli.Command, question string) (bool, error) {
	if err := p.canAsk(at); err != nil {
		return false, err
	}
	line, err := p.readLine(fmt.Sprintf("\n%s\nOnly 'yes' is accepted: ", p.style(p.err, true).Fold(question)))
	if !strings.HasSuffix(line, "\n") {
		fmt.Fprintln(p.stderr)
	}
	return strings.TrimSpace(line) == "yes", err
}

// readLine reads a line from the terminal.
func (p *program) readLine(question string) (string, error) {
	return p.readAnswer(question, func() string {
		line, err := bufio.NewReader(p.stdin).ReadString('\n')
		if err != nil {
			return "" // an end without a newline is no answer
		}
		return line
	})
}

// readAnswer asks and reads from the terminal, or returns when a signal comes, from the
// moment that the question is seen. The reading goroutine is then left behind: nothing
// can end a read of a terminal, and the process is about to.
func (p *program) readAnswer(question string, read func() string) (string, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endings()...)
	defer signal.Stop(signals)
	fmt.Fprint(p.stderr, question)
	lines := make(chan string, 1)
	go func() { lines <- read() }()
	select {
	case line := <-lines:
		return line, nil
	case s := <-signals:
		return "", &exitStatus{(&caught{s}).exitCode(), errors.New("interrupted; nothing was submitted or changed")}
	}
}
