package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/gallery"
	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/state"
)

// summaryVariable names the file that GitHub Actions shows as the summary of a step.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// maxSummary is a little less than the 1 MiB that GitHub takes of one step.
const maxSummary = 1<<20 - 1<<12

const actionsHelp = "In a job of GitHub Actions, errors and failed tasks are annotations at their line. -ci-summary\n" +
	"appends what report -markdown writes to the summary of the step, or to FILE, when the run is\n" +
	"over; as many rows are left out as 1 MiB has no room for."

func ciSummaryFlag() cli.Flag {
	return &cli.GenericFlag{Name: "ci-summary", Value: new(answerPlace), Usage: "append a report in Markdown to the summary of a step of GitHub Actions, or to a `FILE`"}
}

// ciSummaryFile is where -ci-summary wants its report; "" without the flag. It is found
// out before anything is bought that it can be written.
func (p *program) ciSummaryFile(at *cli.Command) (string, error) {
	place := at.Value("ci-summary").(*answerPlace)
	if !place.wanted {
		return "", nil
	}
	path := place.file
	if path == "" {
		path = p.env(summaryVariable)
	}
	if path == "" {
		return "", fmt.Errorf("-ci-summary: this is no step of GitHub Actions, which sets %s; name a file, as in -ci-summary=summary.md", summaryVariable)
	}
	if strings.Contains(filepath.Base(path), ".state.") {
		return "", fmt.Errorf("-ci-summary=%s has the name of a file of a state; name another file", path)
	}
	file, err := openSummary(path)
	if err != nil {
		return "", fmt.Errorf("-ci-summary: %w", err)
	}
	return path, file.Close()
}

// openSummary opens a file of Markdown to append to. One that holds anything but text
// is left alone: it may be a result, which was paid for.
func openSummary(path string) (*os.File, error) {
	real, err := leadsTo(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	for _, name := range []string{path, real} {
		if takenName(name) || strings.HasSuffix(name, ".json") {
			return nil, fmt.Errorf("%s does not have the name of a file of Markdown", name)
		}
	}
	if err := onlyText(path); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
}

// onlyText refuses a file that holds anything but text, as far as a summary may reach:
// of one that goes on beyond that nothing is written anyway.
func onlyText(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return nil // a new file, or opening it to append says what is wrong
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSummary))
	if err != nil {
		return err
	}
	if !utf8.Valid(text) && len(text) < maxSummary || bytes.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("%s is there, and is no text; nothing was written to it. Name another file", path)
	}
	return nil
}

// writeCISummary appends the report of a state after a run. What goes wrong is told, and
// changes nothing else.
func (p *program) writeCISummary(at *cli.Command, w *planning, path string) {
	if path == "" {
		return
	}
	if err := p.appendSummary(at, w, path); err != nil {
		p.view.Note(fmt.Sprintf("Warning: -ci-summary: the report was not written, and everything else was done: %s", view.Clean(err.Error())))
	}
}

func (p *program) appendSummary(at *cli.Command, w *planning, path string) (err error) {
	contents, err := state.Read(w.statePath)
	if err != nil {
		return err
	}
	made, err := gallery.Collect(p.reportSource(at, view.Status{
		Target: w.target, Path: w.statePath, Header: contents.Header, Records: contents.Records,
		Missing: missingArtifacts(w.spec.Dir, contents.Records), Now: time.Now(),
	}, contents))
	if err != nil {
		return err
	}
	file, err := openSummary(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return gallery.WriteMarkdownWithin(file, made, maxSummary-int(info.Size()))
}
