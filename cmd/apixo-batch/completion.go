package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// Completion is done by the program itself: the script of a shell hands what was
// typed to the hidden command __complete and offers what that answers. The
// library's own completion could not do it. Its script for bash evaluates what
// was typed, so that TAB would run a $(command) in it; and it takes candidates
// apart at blanks and colons, which addresses hold.
var (
	//go:embed completion/bash.sh
	bashScript string
	//go:embed completion/zsh.zsh
	zshScript string
	//go:embed completion/fish.fish
	fishScript string
	//go:embed completion/pwsh.ps1
	pwshScript string
)

// shells are those that there is a script for.
var shells = [...]struct {
	name   string
	script string
	load   string // where its user puts what
}{
	{"bash", bashScript, "bash, in ~/.bashrc: source <(apixo-batch completion bash)"},
	{"zsh", zshScript, "zsh, in ~/.zshrc: source <(apixo-batch completion zsh)"},
	{"fish", fishScript, "fish, in ~/.config/fish/config.fish: apixo-batch completion fish | source"},
	{"pwsh", pwshScript, "PowerShell, once: apixo-batch completion pwsh >> $PROFILE"},
}

func completionCommand(p *program) *cli.Command {
	description := "Writes the script that makes TAB complete commands, flags, files, and addresses from state\n" +
		"and configuration. SHELL is bash, zsh, fish or pwsh. TAB reads those files and calls nobody."
	for _, shell := range shells {
		description += "\n\n" + shell.load
	}
	return &cli.Command{
		Name:        "completion",
		Usage:       "writes the script that completes commands in a shell",
		ArgsUsage:   "SHELL",
		Description: description,
		Metadata:    about(nil, "apixo-batch completion bash >> ~/.bashrc", "apixo-batch completion fish"),
		Action: func(_ context.Context, at *cli.Command) error {
			p.choose(false, at.Bool("no-color"), false)
			return p.completion(at)
		},
	}
}

func (p *program) completion(at *cli.Command) error {
	var names []string
	for _, shell := range shells {
		names = append(names, shell.name)
		if at.Args().Len() == 1 && at.Args().First() == shell.name {
			fmt.Fprint(p.stdout, shell.script)
			return nil
		}
	}
	if !at.Args().Present() {
		return fmt.Errorf("completion needs the name of a shell: %s", strings.Join(names, ", "))
	}
	given := strings.Join(at.Args().Slice(), " ")
	return fmt.Errorf("there is no completion for %q.%s There is one for %s", given, didYouMean("", given, names), strings.Join(names, ", "))
}

// completeCommand is what the scripts call. bash hands over the line up to the
// cursor and where it breaks words, other shells the words, the last of which is
// to be completed. It answers with a line for each candidate: its text, what it
// is, and + if more of the word follows, with tabs between. It never fails and
// says nothing else: whoever presses TAB cannot read an error.
func completeCommand(p *program, root *cli.Command) *cli.Command {
	return &cli.Command{
		Name:            "__complete",
		Usage:           "completes a command line, for the scripts of completion",
		ArgsUsage:       "SHELL WORD...",
		Description:     "Completes a command line, for the scripts that completion writes.",
		Hidden:          true,
		SkipFlagParsing: true,
		Metadata:        about(nil, "apixo-batch __complete zsh plan -targ"),
		Action: func(_ context.Context, at *cli.Command) error {
			args := at.Args().Slice()
			switch {
			case len(args) == 3 && args[0] == "bash":
				typed := splitShell(args[1], args[2])
				if len(typed.words) > 1 {
					writeCandidates(p.stdout, typed.fit(p.candidates(root, typed.words[1:])))
				}
			case len(args) > 1:
				writeCandidates(p.stdout, p.candidates(root, args[1:]))
			}
			return nil
		},
	}
}

// candidate is one way to go on with a word.
type candidate struct {
	text  string // the whole word
	about string // "" if the text says it
	more  bool   // something follows within the word, so a blank must not
}

// maxCandidates bounds what is offered: a shell asks before it shows as many.
const maxCandidates = 1_000

func writeCandidates(w io.Writer, candidates []candidate) {
	var b strings.Builder
	for _, c := range candidates[:min(len(candidates), maxCandidates)] {
		if view.CleanLine(c.text) != c.text || !utf8.ValidString(c.text) {
			continue // no line, and nothing to show on a terminal
		}
		more := ""
		if c.more {
			more = "+"
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\n", c.text, view.Clean(c.about), more)
	}
	fmt.Fprint(w, b.String())
}
