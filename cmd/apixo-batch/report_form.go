package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/gallery"
)

// answerPlace is where a flag that may stand alone wants something written: the bare
// flag on standard output, and with a value in that file.
type answerPlace struct {
	wanted bool
	file   string // "" for standard output
}

// IsBoolFlag lets the flag stand without a value; what follows is PATH.
func (a *answerPlace) IsBoolFlag() bool { return true }

// Set takes the value; the bare flag comes as "true", and "-" is standard output too.
func (a *answerPlace) Set(text string) error {
	switch text {
	case "true", "false", "-":
		*a = answerPlace{wanted: text != "false"}
	default:
		*a = answerPlace{true, text}
	}
	return nil
}

func (a *answerPlace) Get() any       { return a }
func (a *answerPlace) String() string { return "" } // there is no default to show

func (a *answerPlace) toStdout() bool { return a.wanted && a.file == "" }

// reportForm is one form in which a report is written.
type reportForm struct {
	flag  string
	place answerPlace
	head  string // how a file of the form begins
	write func(io.Writer, *gallery.Report) error
}

// reportForms are those that the command line asks for, but for the page.
func reportForms(at *cli.Command) ([]reportForm, error) {
	var forms []reportForm
	for _, form := range []reportForm{
		{flag: "markdown", head: gallery.MarkdownHead, write: gallery.WriteMarkdown},
		{flag: "csv", head: gallery.CSVHead, write: gallery.WriteCSV},
	} {
		if place, ok := at.Value(form.flag).(*answerPlace); ok && place.wanted {
			form.place = *place
			forms = append(forms, form)
		}
	}
	switch {
	case len(forms) == 0 && at.String("html") == "":
		return nil, errors.New("report needs to know what to write: pass -html=DIR, -markdown or -csv")
	case len(forms) == 2 && forms[0].place.toStdout() && forms[1].place.toStdout():
		return nil, errors.New("-markdown and -csv cannot both go to standard output: give one of them a FILE, as in -csv=results.csv")
	case len(forms) == 2 && forms[0].place.wanted && oneFile(forms[0].place.file, forms[1].place.file):
		return nil, fmt.Errorf("-markdown and -csv cannot both go to %s", forms[0].place.file)
	}
	return forms, nil
}
