package main

import (
	"errors"
	"fmt"
	"time"

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
	"appends what report -markdown writes to the summary of the step when the run is over, or to\n" +
	"FILE: a new one, or one that begins with such a report. As many rows are left out as 1 MiB\n" +
	"has no room for."

func ciSummaryFlag() cli.Flag {
	return &cli.GenericFlag{Name: "ci-summary", Value: new(answerPlace), Usage: "append a report in Markdown to the summary of a step of GitHub Actions, or to a `FILE`"}
}

// ciSummary is where -ci-summary wants its report; nil without the flag.
type ciSummary struct {
	path string
	kind appended
}

// ciSummaryFile finds out before anything is bought that the report can be written.
func (p *program) ciSummaryFile(at *cli.Command, kept []keptFile) (*ciSummary, error) {
	place := at.Value("ci-summary").(*answerPlace)
	if !place.wanted {
		return nil, nil
	}
	step := p.env(summaryVariable)
	var summary *ciSummary
	switch {
	case place.file == "" && step == "":
		return nil, fmt.Errorf("-ci-summary: this is no step of GitHub Actions, which sets %s; name a file, as in -ci-summary=summary.md", summaryVariable)
	case place.file == "" || step != "" && oneFile(place.file, step):
		summary = &ciSummary{step, appendedStep}
	default:
		summary = &ciSummary{place.file, appendedSummary}
	}
	asked := "-ci-summary=" + summary.path
	file, err := p.openAppended(summary.kind, asked, summary.path, kept)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", asked, err)
	}
	return summary, file.Close()
}

// writeCISummary appends the report of a state after a run. What goes wrong is told, and
// changes nothing else.
func (p *program) writeCISummary(at *cli.Command, w *planning, summary *ciSummary) {
	if summary == nil {
		return
	}
	if err := p.appendSummary(at, w, summary); err != nil {
		p.view.Note(fmt.Sprintf("Warning: -ci-summary: the report was not written, and everything else was done: %s", view.Clean(err.Error())))
	}
}

func (p *program) appendSummary(at *cli.Command, w *planning, summary *ciSummary) (err error) {
	contents, err := state.Read(w.statePath)
	if err != nil {
		return err
	}
	made, err := gallery.Collect(p.reportSource(at, view.Status{
		Target: w.target, Path: w.statePath, Header: contents.Header, Records: contents.Records,
		Missing: missingArtifacts(w.spec.Dir, contents.Outline().Records), Now: time.Now(),
	}, contents))
	if err != nil {
		return err
	}
	file, err := summary.kind.open(summary.path)
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
