package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec"
)

// topic is what help explains besides commands. What is long to tell of a command
// is its manual.
type topic struct {
	name      string
	about     string
	write     func(io.Writer)
	writeJSON func(io.Writer) error // nil if it is for people alone
}

var (
	//go:embed topics/events.txt
	eventsTopic string
	//go:embed topics/exit-codes.txt
	exitCodesTopic string
	//go:embed topics/language.txt
	languageTopic string
	//go:embed topics/money.txt
	moneyTopic string
)

var topics = [...]topic{
	{"language", "what a configuration may say", writeLanguage, nil},
	{"money", "what is reserved, spent, given back and in doubt", printed(moneyTopic), nil},
	{"events", "the lines of -json and -json-into", writeEvents, view.WriteEventsSchema},
	{"exit-codes", "what the exit codes mean, and a script that uses them", writeExitCodes, nil},
}

func printed(text string) func(io.Writer) {
	return func(w io.Writer) { io.WriteString(w, text) }
}

// topicNamed is nil if there is none.
func topicNamed(name string) *topic {
	for i := range topics {
		if topics[i].name == name {
			return &topics[i]
		}
	}
	return nil
}

func writeTopics(w io.Writer) {
	fmt.Fprintln(w, "Topics, as in help money:")
	for _, t := range topics {
		fmt.Fprintf(w, "  %-13s %s\n", t.name, t.about)
	}
	fmt.Fprintln(w)
}

// topic shows the topic that is asked for; false if it is none.
func (p *program) topic(at *cli.Command) (shown bool, err error) {
	t := topicNamed(at.Args().First())
	switch {
	case t == nil && !at.Bool("json"), at.Args().Len() != 1:
		return false, nil
	case t == nil || at.Bool("json") && t.writeJSON == nil:
		return false, fmt.Errorf("help -json takes a topic that is for programs too: events")
	case at.Bool("json"):
		return true, t.writeJSON(p.stdout)
	}
	t.write(p.stdout)
	return true, nil
}

// writeEvents ends with the types of the lines themselves.
func writeEvents(w io.Writer) {
	io.WriteString(w, eventsTopic)
	view.WriteEvents(w, view.DefaultWidth)
}

func writeExitCodes(w io.Writer) {
	io.WriteString(w, exitCodesTopic)
	for _, e := range exitMeanings {
		fmt.Fprintf(w, "  %3d  %s\n", e.code, view.Wrap(e.meaning, 7, 7, view.DefaultWidth))
	}
	fmt.Fprintln(w, whenSeveralHold)
	fmt.Fprint(w, "\nThe help of a command says what each means to it.\n")
}

// writeLanguage ends with what the decoder itself knows of blocks and functions.
func writeLanguage(w io.Writer) {
	io.WriteString(w, languageTopic)
	fmt.Fprint(w, "\nBLOCKS, AND WHAT THEY HOLD\n\n")
	for _, b := range spec.Blocks() {
		holds := strings.Join(b.Attributes, ", ")
		if b.Free {
			holds = "names of your own"
		}
		if len(b.In) > 0 {
			holds += " (in " + strings.Join(b.In, ", ") + ")"
		}
		fmt.Fprintf(w, "  %-17s %s\n", b.Header, view.Wrap(holds, 20, 20, view.DefaultWidth))
	}
	fmt.Fprint(w, "\nFUNCTIONS\n\nTerraform's by name and result, and jsonldecode, sample, seed, slug, tsvdecode:\n\n")
	fmt.Fprintf(w, "  %s\n", view.Wrap(strings.Join(spec.FunctionNames(), " "), 2, 2, view.DefaultWidth))
}
