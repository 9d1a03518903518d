package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

func statePushCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "replaces the state by a document of state pull",
		ArgsUsage: "FILE|- [PATH]",
		Description: "Replaces the state by a document that state pull wrote, or by a backup of the snapshot.\n" +
			"The state that is replaced is the backup afterwards.\n" +
			"\n" +
			"What is older than the state, of another state, or went another way from the same point is\n" +
			"refused; so is what does not know a task that was paid for.",
		Flags: append(stateFlags(), lockTimeoutFlag(), acceptRollbackFlag(),
			&cli.BoolFlag{Name: "force", Usage: "also by an older document, or one of another state"},
			&cli.BoolFlag{Name: "drop-paid", Usage: "with -force, also forget tasks that were paid for; they are listed"}),
		Metadata: about(exitCodes{exitLocked: ""}, "apixo-batch state push copy.json jobs.hcl", "apixo-batch state push -force jobs.state.json.backup jobs.hcl"),
		Action:   func(_ context.Context, at *cli.Command) error { return p.statePush(at) },
	}
}

// maxDocument bounds what is read of a pushed document.
const maxDocument = 1 << 30

func (p *program) statePush(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	args := at.Args().Slice()
	if len(args) != 1 && len(args) != 2 {
		return fmt.Errorf("state push takes FILE [PATH], or - [PATH] to read standard input, not %d arguments", len(args))
	}
	path := "."
	if len(args) == 2 {
		path = args[1]
	}
	if at.Bool("drop-paid") && !at.Bool("force") {
		return errors.New("-drop-paid says nothing without -force")
	}
	file, err := statePath(p.targetOf(at, path))
	if err != nil {
		return err
	}
	options, err := p.openOptions(at, file)
	if err != nil {
		return err
	}
	document, err := p.readDocument(args[0])
	if err != nil {
		return err
	}
	pushed, err := state.Push(file, document, state.PushOptions{OpenOptions: options, Force: at.Bool("force"), DropPaid: at.Bool("drop-paid")})
	if err != nil {
		return withLost(err)
	}
	p.showPushed(pushed, file)
	return nil
}

func (p *program) readDocument(name string) ([]byte, error) {
	in := io.Reader(p.stdin)
	if name != "-" {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s does not exist; state push takes a FILE that state pull wrote, or -", name)
		} else if err != nil {
			return nil, err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a directory; state push takes a FILE that state pull wrote, or -", name)
		}
		in = file
	}
	document, err := io.ReadAll(io.LimitReader(in, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(document), []byte("{")) {
		return nil, fmt.Errorf("%s is no document of state pull, which is a JSON object; nothing was changed", name)
	}
	if len(document) > maxDocument {
		return nil, fmt.Errorf("%s is larger than %d bytes; it is no state of this program", name, maxDocument)
	}
	return document, nil
}

// withLost lists what a refused push would have lost, and names the way out.
func withLost(err error) error {
	var refused *state.PushError
	if !errors.As(err, &refused) {
		return err
	}
	text := ""
	for _, paid := range refused.Lost {
		text += "\n  " + view.Clean(paid.String())
	}
	if len(refused.Lost) > 0 {
		text += "\nstate pull and state check tell more of the two. -force -drop-paid replaces it all the same, and forgets these"
	} else {
		text += "\n-force replaces it all the same"
	}
	switch {
	case refused.Unknown:
		text += "; more may be paid for than the document knows: apply buys nothing after that before -accept-rollback"
	case len(refused.Lost) == 0:
		text += "; nothing that was paid for is lost by that"
	}
	return fmt.Errorf("%w%s", err, text)
}

func (p *program) showPushed(pushed *state.Pushed, file string) {
	for _, notice := range pushed.Notices {
		p.view.Note(notice)
	}
	if pushed.Unchanged {
		fmt.Fprintf(p.stdout, "The state %s is the document's already; nothing was changed.\n", file)
		return
	}
	for _, paid := range pushed.Dropped {
		fmt.Fprintf(p.stdout, "Forgotten: %s\n", view.Clean(paid.String()))
	}
	fmt.Fprintf(p.stdout, "The state %s is replaced (serial %d, %d changes).", file, pushed.After.Serial, pushed.After.Changes)
	if pushed.Before.Lineage != "" {
		fmt.Fprintf(p.stdout, " The one before is %s.", state.PathsFor(file).Backup)
	}
	fmt.Fprintln(p.stdout)
}
