package view

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// statusEvery is how often a stream without a live line tells how far a run is.
const statusEvery = 30 * time.Second

// Human is the view for people.
type Human struct {
	Out, Err           io.Writer
	OutStyle, ErrStyle Style
	// Live allows a progress bar on Err, which must then be a terminal.
	Live bool
	// Verbose gives every step of an instance a line.
	Verbose bool

	mu     sync.Mutex // of everything below, and of Err during a run
	tally  *tally
	bar    *bar
	status time.Time // when the last status line was written
}

// Plan implements View.
func (h *Human) Plan(p Plan) {
	if p.Operation == opDownload {
		writeDownload(h.Out, h.OutStyle, p)
		return
	}
	writePlan(h.Out, h.OutStyle, p)
}

// Explain implements View.
func (h *Human) Explain(p Plan, of map[task.Address]bool) {
	writeExplained(h.Out, h.OutStyle, explain(p, of))
}

// Begin implements View.
func (h *Human) Begin(p Plan) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally, h.status = newTally(p), time.Now()
	fmt.Fprintln(h.Err)
	if h.Live {
		h.bar = newBar(h.Err, h.ErrStyle.Width, h.tally.total)
		h.bar.show(h.tally)
	}
}

// Event implements View.
func (h *Human) Event(e runner.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally.add(e)
	if text := eventText(e, h.ErrStyle, h.bar == nil, h.Verbose); text != "" {
		h.permanent(text)
	}
	if h.bar != nil {
		h.bar.show(h.tally)
	}
}

// permanent writes a line that stays, above the bar.
func (h *Human) permanent(text string) {
	if h.bar != nil {
		_ = h.bar.Clear() // fails only as the write below would
	}
	if h.tally != nil && h.tally.simulated {
		text = "SIMULATED " + text
	}
	fmt.Fprintln(h.Err, h.ErrStyle.Fold(text))
}

// Tick implements View.
func (h *Human) Tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.bar != nil:
		h.bar.show(h.tally)
	case h.tally != nil && time.Since(h.status) >= statusEvery:
		h.status = time.Now()
		fmt.Fprintln(h.Err, h.tally.text())
	}
}

// end takes the bar away for good.
func (h *Human) end() {
	if h.bar != nil {
		_ = h.bar.Exit()
		_ = h.bar.Clear()
		h.bar = nil
	}
}

// Summary implements View.
func (h *Human) Summary(s Summary) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end()
	writeSummary(h.Out, h.OutStyle, s)
}

// Outputs implements View.
func (h *Human) Outputs(outputs []spec.Output) { writeOutputs(h.Out, h.OutStyle, outputs) }

// Diagnostics implements View.
func (h *Human) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	writeDiagnostics(h.Err, h.ErrStyle, diagnostics, sources)
}

// Note implements View.
func (h *Human) Note(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bar != nil {
		_ = h.bar.Clear()
	}
	fmt.Fprintln(h.Err, h.ErrStyle.Fold(text))
}

// Log writes a line of the log, its line break included, to Err, above the bar.
func (h *Human) Log(line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bar != nil {
		_ = h.bar.Clear()
	}
	_, _ = h.Err.Write(line) // a reader that went away does not stop a run
	if h.bar != nil {
		h.bar.show(h.tally)
	}
}

// Error implements View.
func (h *Human) Error(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end()
	text, _ = strings.CutPrefix(h.ErrStyle.Fold("Error: "+text), "Error: ")
	fmt.Fprintf(h.Err, "%s %s\n", h.ErrStyle.bold(h.ErrStyle.red("Error:")), text)
}
