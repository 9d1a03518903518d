package main

import (
	"fmt"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func stateCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:        "state",
		Usage:       "looks after the state: lists, removes, copies, checks, recovers",
		Description: "Looks into the state, takes records out of it, copies and checks it, and recovers one that\nis damaged. The state itself is JSON; read it with jq, and change it only with these commands.",
		Commands: []*cli.Command{
			stateListCommand(p), stateShowCommand(p), stateRmCommand(p), statePullCommand(p), statePushCommand(p),
			stateCheckCommand(p), stateRecoverCommand(p),
		},
	}
}

// addressAndPath are the arguments of commands about instances: ADDRESS [PATH].
func addressAndPath(at *cli.Command) (address, path string, err error) {
	switch args := at.Args().Slice(); len(args) {
	case 1:
		return args[0], ".", nil
	case 2:
		return args[0], args[1], nil
	default:
		return "", "", fmt.Errorf("%s takes ADDRESS [PATH], not %d arguments", commandName(at), len(args))
	}
}

// locate finds what a command with the argument [PATH] points at, and where its
// state is, or would be.
func (p *program) locate(at *cli.Command) (target view.Target, file string, err error) {
	path, err := pathArgument(at)
	if err != nil {
		return view.Target{}, "", err
	}
	target = p.targetOf(at, path)
	file, err = statePath(target)
	return target, file, err
}

// existingState is the path of a state that is there.
func (p *program) existingState(at *cli.Command, path string) (string, error) {
	file, err := statePath(p.targetOf(at, path))
	if err != nil {
		return "", err
	}
	if !stateExists(file) {
		return "", fmt.Errorf("there is no state %s; -state=PATH names another one, -simulate that of simulated runs", file)
	}
	return file, nil
}

// existing reads a state that is there, without a lock, and notes what the user
// should know of it.
func (p *program) existing(at *cli.Command, path string) (file string, contents *state.Contents, err error) {
	if file, err = p.existingState(at, path); err != nil {
		return "", nil, err
	}
	contents, err = p.readContents(file)
	return file, contents, err
}

// accounted is a record and the ledger's account of its submits, oldest first.
type accounted struct {
	state.Record
	Spends []state.Spend `json:"spends"`
}

// recordOf reads the record that the arguments ADDRESS [PATH] name, without a
// lock.
func (p *program) recordOf(at *cli.Command) (accounted, error) {
	text, path, err := addressAndPath(at)
	if err != nil {
		return accounted{}, err
	}
	file, contents, err := p.existing(at, path)
	if err != nil {
		return accounted{}, err
	}
	address, err := task.ParseAddress(text)
	if err != nil {
		return accounted{}, err
	}
	for _, r := range contents.Records {
		if r.Address == address {
			return account(r, contents.Spends), nil
		}
	}
	return accounted{}, fmt.Errorf("%s is not in the state %s", address, file)
}

func account(r state.Record, spends []state.Spend) accounted {
	nonces := map[string]bool{r.Nonce: true}
	for _, past := range r.Past {
		nonces[past.Nonce] = true
	}
	own := accounted{Record: r, Spends: []state.Spend{}}
	for _, s := range spends {
		if nonces[s.Nonce] {
			own.Spends = append(own.Spends, s)
		}
	}
	return own
}
