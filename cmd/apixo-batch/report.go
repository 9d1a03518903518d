package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/gallery"
	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
	"apixo-batch/state/atomicfile"
)

func reportCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "writes the results as a web page, Markdown or CSV",
		ArgsUsage: "[PATH]",
		Description: "Writes what all runs of a state came to: as a gallery to look at, as Markdown for a pull\n" +
			"request, as CSV for a spreadsheet. Takes no lock and calls nobody.\n" +
			"\n" +
			"-html writes DIR/index.html: pictures, films and sounds with prompt, parameters, cost and\n" +
			"times, failures with what to do about them, matrix axes side by side, and a timeline. It\n" +
			"needs no network and leaves the results where they are: move or serve them together. A\n" +
			"directory that holds anything but such a page is left alone, and so is a FILE of another kind.\n" +
			"\n" +
			"Sensitive inputs and the queries of URLs are in none of them. CSV has the latest task of\n" +
			"each instance; what a spreadsheet would take for a formula has a ' before it.",
		Flags: append(stateFlags(),
			&cli.StringFlag{Name: "html", Usage: "write a web page into `DIR`"},
			&cli.GenericFlag{Name: "markdown", Value: new(answerPlace), Usage: "write Markdown to standard output, or to a `FILE`"},
			&cli.GenericFlag{Name: "csv", Value: new(answerPlace), Usage: "write comma-separated values to standard output, or to a `FILE`"},
		),
		Metadata: about(nil,
			"apixo-batch report -html=report jobs.hcl      # then open report/index.html",
			"apixo-batch report -simulate -html=report jobs.hcl",
			"apixo-batch report -markdown jobs.hcl | head -20",
			"apixo-batch report -csv=results.csv jobs.hcl"),
		Action: func(_ context.Context, at *cli.Command) error { return p.report(at) },
	}
}

func (p *program) report(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	path, err := pathArgument(at)
	if err != nil {
		return err
	}
	forms, err := reportForms(at)
	if err != nil {
		return err
	}
	file, err := p.existingState(at, path)
	if err != nil {
		return err
	}
	if err := p.checkReportPlaces(at.String("html"), forms); err != nil {
		return err
	}
	info, held, err := state.Holder(file) // before the records: see status
	if err != nil {
		return err
	}
	contents, err := p.readContents(file)
	if err != nil {
		return err
	}
	shown := view.Status{
		Target: p.targetOf(at, path), Path: file, Header: contents.Header, Records: contents.Records,
		Missing: missingArtifacts(directoryOf(path), contents.Outline().Records), Now: time.Now(),
	}
	if held {
		shown.Holder = &info
	}
	made, err := gallery.Collect(p.reportSource(at, shown, contents))
	if err != nil {
		return err
	}
	return p.writeReports(at.String("html"), forms, made)
}

// reportSource adds to a state what its configuration knows of it.
func (p *program) reportSource(at *cli.Command, shown view.Status, contents *state.Contents) gallery.Source {
	path := shown.Target.Path
	axes, codes := p.axesAndCodes(at, path)
	shown.Target = forOthers(shown.Target)
	return gallery.Source{
		Title: reportTitle(path), State: placeForOthers(shown.Path), Contents: contents, Simulated: shown.Target.Simulated, Running: shown.Holder != nil,
		Dir: directoryOf(path), Page: at.String("html"),
		Axes: axes, Next: shown.NextStep, Uncover: runner.WithoutQueries, Codes: codes, Now: shown.Now,
	}
}

// forOthers is a target as commands for others name it.
func forOthers(t view.Target) view.Target {
	t.Chdir, t.Path, t.State = placeForOthers(t.Chdir), placeForOthers(t.Path), placeForOthers(t.State)
	return t
}

// placeForOthers is a path as a report names it, which is for others to see: where on
// this machine it lies is not told.
func placeForOthers(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Base(path)
	}
	return path
}

// reportTitle names a configuration: a directory by its own name, "." too.
func reportTitle(path string) string {
	if full, err := filepath.Abs(path); err == nil && directoryExists(path) {
		return filepath.Base(full)
	}
	return placeForOthers(path)
}

// axesAndCodes are the names of the matrix axes, and what to do about failures, as
// far as the configuration can be read: a report is made of the state alone, too.
func (p *program) axesAndCodes(at *cli.Command, path string) (func(task string) []string, *catalog.Catalog) {
	known, err := p.catalogFrom(p.catalogPath(at))
	if err != nil {
		known.Catalog = catalog.Default()
	}
	if _, err := os.Stat(path); err != nil { // it is gone, or was on standard input
		return func(string) []string { return nil }, known.Catalog
	}
	s, _ := spec.Load(path, spec.LoadOptions{Environ: environmentVariables(p.environ()), Catalog: known.Catalog})
	return s.Axes, s.Catalog
}

// writeReports writes what is asked for. What was written to files is told on
// standard output, unless a report goes there.
func (p *program) writeReports(dir string, forms []reportForm, made *gallery.Report) error {
	var told []string
	if dir != "" {
		if err := p.disk.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("-html: %w", err)
		}
		index := filepath.Join(dir, pageName)
		if err := p.replaceReport(index, func(w io.Writer) error { return gallery.WriteHTML(w, made) }); err != nil {
			return err
		}
		told = append(told, fmt.Sprintf("Wrote %s. Open it in a browser; it shows the results where they are.", view.Clean(index)))
	}
	busy := false
	for _, form := range forms {
		write := func(w io.Writer) error { return form.write(w, made) }
		if form.place.toStdout() {
			busy = true
			if err := write(p.stdout); err != nil {
				return err
			}
			continue
		}
		if err := p.replaceReport(form.place.file, write); err != nil {
			return err
		}
		told = append(told, fmt.Sprintf("Wrote %s.", view.Clean(form.place.file)))
	}
	if busy && len(told) > 0 {
		p.view.Note(strings.Join(told, "\n"))
		return nil
	}
	for _, line := range told {
		fmt.Fprintln(p.stdout, p.style(p.out, true).Fold(line))
	}
	return nil
}

// replaceReport writes a report whole or not at all, and takes away what killed ones
// left.
func (p *program) replaceReport(path string, write func(io.Writer) error) error {
	if err := atomicfile.RemoveLeftovers(p.disk, path); err != nil {
		return err
	}
	return atomicfile.Write(p.disk, path, 0o666, write)
}
