package main

import (
	_ "embed"
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

//go:embed topics/state.txt
var stateManual string

func stateCommand(p *program) *cli.Command {
	metadata := about(nil, "apixo-batch state list jobs.hcl", "apixo-batch state rm task.old jobs.hcl", "apixo-batch state check jobs.hcl")
	metadata[metaManual] = stateManual
	return &cli.Command{
		Name:        "state",
		Usage:       "lists, moves, removes, copies, checks, recovers records",
		Description: "Looks into the state, moves records and takes them out, copies and checks it, and recovers\none that is damaged. The state itself is JSON; read it with jq, and change it only with these commands.",
		Metadata:    metadata,
		Commands: []*cli.Command{
			stateListCommand(p), stateShowCommand(p), stateMvCommand(p), stateRmCommand(p), statePullCommand(p), statePushCommand(p),
			stateCheckCommand(p), stateRecoverCommand(p),
		},
	}
}

// addressAndPath are the arguments of commands about instances: ADDRESS [PATH].
func addressAndPath(at *cli.Command) (address, path string, err error) {
	args := at.Args().Slice()
	if len(args) != 1 && len(args) != 2 {
		return "", "", fmt.Errorf("%s takes ADDRESS [PATH], not %d arguments; apixo-batch state list [PATH] lists the addresses", commandName(at), len(args))
	}
	if hclsyntax.ValidIdentifier(args[0]) {
		return "", "", fmt.Errorf("%s takes ADDRESS [PATH], and %q is no address. Did you mean task.%s?", commandName(at), args[0], args[0])
	}
	if !namesInstances(args[0]) {
		return "", "", fmt.Errorf("%s takes ADDRESS [PATH], and %q is no address: they look like task.hero or 'task.hero[\"cat\"]'; apixo-batch state list [PATH] lists them",
			commandName(at), args[0])
	}
	return args[0], append(args, ".")[1], nil
}

// locate finds what a command with the argument [PATH] points at, and where its
// state is, or would be.
func (p *program) locate(at *cli.Command) (target view.Target, file string, err error) {
	path, err := pathArgument(at)
	if err != nil {
		return view.Target{}, "", err
	}
	if err := takesConfiguration(path, commandName(at)); err != nil {
		return view.Target{}, "", err
	}
	target = p.targetOf(at, path)
	file, err = statePath(target)
	return target, file, err
}

// existingState is the path of a state that is there.
func (p *program) existingState(at *cli.Command, path string) (string, error) {
	if err := takesConfiguration(path, commandName(at)); err != nil {
		return "", err
	}
	target, err := p.targetWithVariables(at, path)
	if err != nil {
		return "", err
	}
	file, err := statePath(target)
	if err != nil {
		return "", err
	}
	if !stateExists(file) {
		return "", noState(at, target, file)
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

// withStore opens the state at path under its lock for as long as work takes.
func (p *program) withStore(at *cli.Command, path string, work func(*state.Store) error) error {
	store, err := p.open(at, path)
	if err != nil {
		return err
	}
	return closing(work(store), store.Close)
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
	return accounted{}, fmt.Errorf("%s is not in the state %s.%s", address, file, meantAddress(text, addressesIn(contents.Records)))
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
