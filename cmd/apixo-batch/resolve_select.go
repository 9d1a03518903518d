package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// patternsAndPath are the arguments ADDRESS... [PATH].
func patternsAndPath(at *cli.Command) (patterns []string, path string, err error) {
	patterns, path = at.Args().Slice(), "."
	if n := len(patterns); n > 0 && !namesInstances(patterns[n-1]) {
		patterns, path = patterns[:n-1], patterns[n-1]
	}
	for _, p := range patterns {
		if !namesInstances(p) {
			return nil, "", fmt.Errorf("%q is no address, and %s takes one PATH, at the end; addresses look like task.hero, task.hero[\"cat\"] or 'task.hero[\"c*\"]'",
				p, commandName(at))
		}
	}
	return patterns, path, nil
}

// namesInstances tells an address, or a pattern of addresses, from a path.
func namesInstances(arg string) bool {
	if strings.HasSuffix(arg, ".hcl") || strings.HasSuffix(arg, ".json") {
		return false
	}
	return strings.HasPrefix(arg, "task.") || strings.ContainsAny(arg, "*?")
}

// selection is the records that resolve is about.
type selection struct {
	records []state.Record
	doubts  bool // they are in doubt; otherwise something of them failed, and counts as spent
}

// failed reports whether each of the records failed itself.
func (s selection) failed() bool {
	return !slices.ContainsFunc(s.records, func(r state.Record) bool { return r.Status != state.Failed })
}

// selectRecords selects what is in doubt. Where nothing is and failed ones will do, it
// selects those that still count as spent.
func selectRecords(store *state.Store, patterns []string, failed bool) (selection, error) {
	records := store.Records()
	selected, err := selectAddresses(patterns, addressesIn(records), "record of the state "+store.Path())
	if err != nil {
		return selection{}, err
	}
	var all, doubts, spent []state.Record
	for _, r := range records {
		if !selected[r.Address] {
			continue
		}
		all = append(all, r)
		switch {
		case r.Status == state.InDoubt:
			doubts = append(doubts, r)
		case failed && len(runner.Releases(store, r)) > 0:
			spent = append(spent, r)
		}
	}
	switch {
	case len(doubts) > 0:
		return selection{doubts, true}, nil
	case len(spent) > 0:
		return selection{spent, false}, nil
	default:
		return selection{}, nothingToSettle(all, failed)
	}
}

// nothingToSettle says why none of the records can be settled.
func nothingToSettle(records []state.Record, failed bool) error {
	if len(records) > 1 {
		return fmt.Errorf("none of the %d records that match is in doubt; nothing to do", len(records))
	}
	r := records[0]
	if failed && r.Status == state.Failed {
		return fmt.Errorf("%s failed, and nothing of it counts as spent, or no longer; nothing to do", r.Address)
	}
	return fmt.Errorf("%s %w; its status is %s", r.Address, runner.ErrNothingToResolve, r.Status)
}

// releasedBy is the money that a settlement is about.
func releasedBy(store *state.Store, r state.Record) (sum task.Cost, priced bool) {
	priced = true
	for _, s := range runner.Releases(store, r) {
		sum += s.Cost
		priced = priced && s.Priced
	}
	return sum, priced
}

func amountText(sum task.Cost, priced bool) string {
	switch {
	case priced:
		return sum.String()
	case sum == 0:
		return "a price that nobody knows"
	default:
		return sum.String() + " and a price that nobody knows"
	}
}

// listSettled bounds the instances that a question lists.
const listSettled = 20

// askToSettle shows what is about to be settled, and asks.
func (p *program) askToSettle(at *cli.Command, store *state.Store, picked selection, found *runner.FoundTask) error {
	var text strings.Builder
	var total task.Cost
	priced := true
	for i, r := range picked.records {
		sum, known := releasedBy(store, r)
		total, priced = total+sum, priced && known
		if i < listSettled {
			text.WriteString(settledText(r, len(runner.Releases(store, r)), amountText(sum, known)))
		}
	}
	if more := len(picked.records) - listSettled; more > 0 {
		fmt.Fprintf(&text, "... and %d more\n", more)
	}
	if found != nil && found.Earlier() > 0 {
		fmt.Fprintf(&text, "Look twice: %s. Is the clock of this machine right? Then it is another task.\n", view.CleanLine(earlierText(found)))
	}
	ok, err := p.ask(at, text.String()+settleQuestion(at, picked, amountText(total, priced)))
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("not approved; nothing was changed")
	}
	return nil
}

// settledText is what is about to be settled of a record: n submits.
func settledText(r state.Record, n int, amount string) string {
	if r.Status != state.InDoubt && r.Status != state.Failed {
		return fmt.Sprintf("%s is %s: %s of it before that ended in a 5xx, %s in all\n", r.Address, r.Status, submits(n), amount)
	}
	text := fmt.Sprintf("%s: %s\n", r.Address, view.DoubtText(r))
	if n > 1 {
		text += fmt.Sprintf("  and %s of it that were repeated after a 5xx, %s in all\n", submits(n-1), amount)
	}
	return text
}

func settleQuestion(at *cli.Command, picked selection, amount string) string {
	n := tasks(len(picked.records))
	switch {
	case at.Bool("not-charged") && !picked.doubts && !picked.failed():
		return fmt.Sprintf("Take it that what failed of %s cost nothing, and count %s as not spent?", n, amount)
	case at.Bool("not-charged") && !picked.doubts:
		return fmt.Sprintf("Take it that %s, which failed, cost nothing, and count %s as not spent?", n, amount)
	case at.Bool("not-charged"):
		return fmt.Sprintf("Take it that nothing was created for %s, count %s as not spent, and let the next apply submit again?", n, amount)
	case at.Bool("resubmit"):
		return fmt.Sprintf("Let the next apply submit %s again, although %s may have been charged already?", n, amount)
	default:
		return fmt.Sprintf("Record that it was accepted as task %s?", view.Clean(at.String("task-id")))
	}
}
