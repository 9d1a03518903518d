package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func stateMvCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "mv",
		Usage:     "gives records another address",
		ArgsUsage: "SOURCE DESTINATION [PATH]",
		Description: "Gives a record another address or, where neither SOURCE nor DESTINATION has a key, all\n" +
			"records of a task block: all, or none.\n" +
			"\n" +
			"Whatever its status, a record keeps its tasks, and a late answer still finds it. Files stay\n" +
			"where they are, now and at the next apply; the ledger keeps the address of each submit.\n" +
			"\n" +
			"A new name alone needs no mv: apply knows a record by its request, whatever it is called.\n" +
			"Where name and input change together it takes the instance for a new one. After mv it is\n" +
			"regenerated: what runs or is in doubt is settled first, and no record is left behind.",
		Flags: append(stateFlags(), lockTimeoutFlag(), acceptRollbackFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would move, and change nothing"}),
		Metadata: about(exitCodes{exitLocked: ""}, "apixo-batch state mv task.hero task.cover jobs.hcl",
			`apixo-batch state mv -dry-run 'task.hero["cat"]' 'task.hero["kitten"]'`),
		Action: func(_ context.Context, at *cli.Command) error { return p.stateMv(at) },
	}
}

func (p *program) stateMv(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	m, path, err := movingOf(at)
	if err != nil {
		return err
	}
	if at.Bool("dry-run") {
		file, contents, err := p.existing(at, path)
		if err != nil {
			return err
		}
		moves, err := m.moves(contents.Records, file)
		p.showMoves("Would move", moves)
		return err
	}
	file, err := p.existingState(at, path)
	if err != nil {
		return err
	}
	return p.withStore(at, file, func(store *state.Store) error { return p.moveRecords(store, m) })
}

// moveRecords gives records their new addresses, in one commit.
func (p *program) moveRecords(store *state.Store, asked moving) error {
	moves, err := asked.moves(store.Records(), store.Path())
	if err != nil {
		return err
	}
	change := state.Change{Op: "mv"}
	for _, m := range moves {
		change.Remove = append(change.Remove, m.record.Address)
		m.record.Address = m.to
		change.Put = append(change.Put, m.record)
	}
	if err := store.Commit(change); err != nil {
		return err
	}
	p.showMoves("Moved", moves)
	return nil
}

func (p *program) showMoves(verb string, moves []move) {
	for _, m := range moves {
		fmt.Fprintf(p.stdout, "%s %s to %s\n", verb, m.record.Address, m.to)
	}
}

// moving is what state mv was asked for.
type moving struct{ source, destination task.Address }

// move is a record, as it is, and its new address.
type move struct {
	record state.Record
	to     task.Address
}

// movingOf reads the arguments SOURCE DESTINATION [PATH].
func movingOf(at *cli.Command) (m moving, path string, err error) {
	args := at.Args().Slice()
	if len(args) != 2 && len(args) != 3 {
		return m, "", fmt.Errorf("state mv takes SOURCE DESTINATION [PATH], not %d arguments", len(args))
	}
	path = "."
	if len(args) == 3 {
		path = args[2]
	}
	for i, address := range []*task.Address{&m.source, &m.destination} {
		if *address, err = task.ParseAddress(args[i]); err == nil {
			continue
		}
		if strings.ContainsAny(args[i], "*?") && !strings.Contains(args[i], `"`) {
			err = fmt.Errorf("%s is a pattern, and state mv takes addresses; without a key they name a whole task block, such as task.hero", args[i])
		}
		return m, "", err
	}
	if m.source == m.destination {
		return m, "", fmt.Errorf("%s is SOURCE and DESTINATION; nothing to move", m.source)
	}
	return m, path, nil
}

// moves finds the records that move, by address. It refuses to move one to where
// another is.
func (m moving) moves(records []state.Record, file string) ([]move, error) {
	taken := make(map[task.Address]bool, len(records))
	var moves []move
	for _, r := range records {
		taken[r.Address] = true
		switch {
		case m.source.Key.IsZero() && m.destination.Key.IsZero() && r.Address.Name == m.source.Name:
			moves = append(moves, move{r, task.Address{Name: m.destination.Name, Key: r.Address.Key}})
		case r.Address == m.source:
			moves = append(moves, move{r, m.destination})
		}
	}
	if len(moves) == 0 {
		return nil, m.notFound(records, file)
	}
	for _, found := range moves {
		if taken[found.to] {
			return nil, fmt.Errorf("%s is in the state %s already; nothing was moved. Move that away first, or take it out with state rm", found.to, file)
		}
	}
	return moves, nil
}

// notFound says why nothing moves.
func (m moving) notFound(records []state.Record, file string) error {
	keyed := func(r state.Record) bool { return r.Address.Name == m.source.Name }
	if m.source.Key.IsZero() && slices.ContainsFunc(records, keyed) {
		return fmt.Errorf("%s has keys in the state %s, and %s is one instance; nothing was moved.%s",
			m.source, file, m.destination, meantAddress(m.source.String(), addressesIn(records)))
	}
	return fmt.Errorf("%s is not in the state %s; nothing was moved.%s", m.source, file, meantAddress(m.source.String(), addressesIn(records)))
}
