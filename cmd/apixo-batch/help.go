package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
)

// The help of a command is made from the command itself and from entries of its
// Metadata, so that the file of a command says all there is to say of it.
const (
	metaExamples = "examples"   // []string
	metaExits    = "exit codes" // exitCodes
	metaManual   = "manual"     // string: what is too long for the description
)

// exitCodes are those of a command, by what each means to it: "" is what
// exitMeanings says. 0 and 1 need not be among them.
type exitCodes map[int]string

// about makes a command's Metadata.
func about(codes exitCodes, examples ...string) map[string]any {
	return map[string]any{metaExits: codes, metaExamples: examples}
}

func writeHelp(w io.Writer, c *cli.Command, path string) {
	usage := path
	if len(c.Commands) > 0 {
		usage += " COMMAND"
	}
	usage += " [flags]"
	if c.ArgsUsage != "" {
		usage += " " + c.ArgsUsage
	}
	if path == "apixo-batch" {
		usage = "apixo-batch [-chdir=DIR] COMMAND [flags] [PATH]"
	}
	fmt.Fprintf(w, "Usage: %s\n\n", usage)
	for paragraph := range strings.SplitSeq(c.Description, "\n\n") {
		fmt.Fprintf(w, "  %s\n\n", view.Wrap(paragraph, 2, 2, view.DefaultWidth))
	}
	writeCommands(w, c)
	if path == "apixo-batch" {
		writeTopics(w)
	}
	writeFlags(w, "Flags", c.Flags)
	if path == "apixo-batch" {
		writeEnvironment(w)
	}
	if examples, ok := c.Metadata[metaExamples].([]string); ok {
		fmt.Fprintln(w, "Examples:")
		for _, example := range examples {
			fmt.Fprintf(w, "  %s\n", example)
		}
		fmt.Fprintln(w)
	}
	writeExits(w, c)
	if manual, ok := c.Metadata[metaManual].(string); ok {
		fmt.Fprintf(w, "\n%s", manual)
	}
}

func writeCommands(w io.Writer, c *cli.Command) {
	if len(c.Commands) == 0 {
		return
	}
	fmt.Fprintln(w, "Commands:")
	for _, sub := range c.Commands {
		if !sub.Hidden {
			fmt.Fprintf(w, "  %-13s %s\n", sub.Name, view.Wrap(sub.Usage, 16, 16, view.DefaultWidth))
		}
	}
	fmt.Fprintln(w)
}

func writeFlags(w io.Writer, title string, flags []cli.Flag) {
	fmt.Fprintf(w, "%s:\n", title)
	flags = slices.Clone(flags)
	slices.SortFunc(flags, func(a, b cli.Flag) int { return strings.Compare(a.Names()[0], b.Names()[0]) })
	for _, f := range flags {
		name, text := flagHelp(f)
		text = view.Wrap(text, flagColumn, flagColumn, view.DefaultWidth)
		if len(name)+4 > flagColumn {
			name += "\n" + strings.Repeat(" ", flagColumn)
		}
		fmt.Fprintf(w, "  %-*s%s\n", flagColumn-2, name, text)
	}
	fmt.Fprintln(w)
}

// flagColumn is where the text of a flag begins.
const flagColumn = 24

// flagHelp gives "-state=PATH" and its text; the value's name stands between
// backquotes in the text, or before it and a colon.
func flagHelp(f cli.Flag) (name, text string) {
	name = "-" + f.Names()[0]
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return name, ""
	}
	text = doc.GetUsage() + defaultText(doc)
	if before, rest, found := strings.Cut(text, "`"); found {
		if value, after, closed := strings.Cut(rest, "`"); closed {
			if !takesValue(f) { // it may stand without one
				return name + "[=" + value + "]", before + value + after
			}
			if rest, alone := strings.CutPrefix(after, ": "); alone && before == "" {
				return name + "=" + value, rest
			}
			return name + "=" + value, before + value + after
		}
	}
	return name, text
}

// defaultText names the value of a flag that is not given, unless that is none.
func defaultText(f cli.DocGenerationFlag) string {
	value := f.GetDefaultText()
	if value == "" && f.TakesValue() {
		value = strings.Trim(f.GetValue(), `"`)
	}
	switch value {
	case "", "0", "[]":
		return ""
	default:
		return " (default " + value + ")"
	}
}

const whenSeveralHold = "  When several hold: 1, 6, 5, 4, 3. Treat any other code as a failure."

func writeExits(w io.Writer, c *cli.Command) {
	own := exitsOf(c)
	fmt.Fprintln(w, "Exit codes:")
	ranked := 0
	for _, e := range exitMeanings {
		meaning, listed := own[e.code]
		if !listed && e.code != exitDone && e.code != exitError {
			continue
		}
		if e.code >= exitFailed && e.code <= exitDoubt {
			ranked++
		}
		fmt.Fprintf(w, "  %3d  %s\n", e.code, view.Wrap(cmp.Or(meaning, e.meaning), 7, 7, view.DefaultWidth))
	}
	if ranked > 1 {
		fmt.Fprintln(w, whenSeveralHold)
	}
}

// exitsOf are a command's own codes, or all of those below it: what each of them
// means by a code stands in its own help.
func exitsOf(c *cli.Command) exitCodes {
	if len(c.Commands) == 0 {
		own, _ := c.Metadata[metaExits].(exitCodes)
		return own
	}
	all := exitCodes{}
	for _, sub := range c.Commands {
		for code := range exitsOf(sub) {
			all[code] = ""
		}
	}
	return all
}
