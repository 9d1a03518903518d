package view

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// redrawEvery is how often a live area is looked at, and lines are written above it.
const redrawEvery = 200 * time.Millisecond

// Human is the view for people.
//
// During a run whatever goes to Err is kept, and Follow writes it: nobody else
// touches the terminal, and nobody waits for it.
type Human struct {
	Out, Err           io.Writer
	OutStyle, ErrStyle Style
	// Live keeps a few lines at the foot of Err, a terminal, that tell how far a run is.
	Live bool
	// Concise leaves out the lines that stay of what goes well, or takes longer, or is
	// tried again: only failures and warnings have one.
	Concise bool
	// Every is the time between two status lines where there is no live area; 0 for none.
	Every time.Duration
	// Verbose gives every step of an instance a line.
	Verbose bool
	// Size gives columns and rows of the terminal as they are now; nil where that
	// does not change.
	Size func() (columns, rows int, ok bool)

	target Target // of the plan

	writing sync.Mutex // held while Err is written to; taken before mu
	area    area

	mu      sync.Mutex // of everything below, and the widths of the styles
	tally   *tally     // of the run that is on; nil without one
	backlog backlog
	more    chan struct{} // holds a token if the backlog may hold something
	rows    int           // of the terminal
	status  time.Time     // when the last status line was written
}

// Plan implements View.
func (h *Human) Plan(p Plan) {
	h.target = p.Target
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
	h.say(message{text: "\n", asIs: true})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally, h.status, h.rows = newTally(p), time.Now(), defaultRows
	h.area, h.more = area{Writer: h.Err}, make(chan struct{}, 1)
}

// defaultRows are those of a terminal that does not tell.
const defaultRows = 24

// Event implements View.
func (h *Human) Event(e runner.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tally == nil { // somebody had the last word
		return
	}
	h.tally.add(e)
	text := h.eventText(e)
	if text == "" || e.Kind == runner.Slowed && h.explained(e.Model) {
		return
	}
	if h.tally.simulated {
		text = "SIMULATED " + text
	}
	h.keep(message{text: text})
}

// explained reports whether a live area shows the pauses of a model and the reason was
// said already: once is enough.
func (h *Human) explained(model string) bool {
	before := h.tally.explained[model]
	h.tally.explained[model] = true
	return before && h.Live && !h.Verbose
}

// say writes a message: at once, or during a run as soon as Follow gets to it.
func (h *Human) say(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tally != nil {
		h.keep(m)
		return
	}
	h.backlog.add(m)
	_, _ = io.WriteString(h.Err, h.backlog.take(h.ErrStyle)) // a reader that went away does not stop a run
}

// keep puts a message into the backlog, and tells Follow.
func (h *Human) keep(m message) {
	h.backlog.add(m)
	select {
	case h.more <- struct{}{}:
	default:
	}
}

// Follow implements View.
func (h *Human) Follow(ctx context.Context, resized <-chan os.Signal) {
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	more := h.more
	if h.Live {
		more = nil // lines can wait for the next look at the area
	}
	for ctx.Err() == nil {
		h.write()
		select {
		case <-ticker.C:
		case <-more:
		case <-resized:
		case <-ctx.Done():
		}
	}
	h.write()
}

// write brings Err up to date.
func (h *Human) write() {
	h.writing.Lock()
	defer h.writing.Unlock()
	text, lines, width := h.news()
	if h.Live {
		h.area.show(text, lines, width)
	} else if text != "" {
		_, _ = io.WriteString(h.Err, text)
	}
}

// news takes what is to be written: lines that stay, and those of the area.
func (h *Human) news() (text string, lines []string, width int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tally == nil { // somebody had the last word
		return "", nil, h.area.width
	}
	h.measure()
	if !h.Live && h.Every > 0 && time.Since(h.status) >= h.Every {
		h.status = time.Now()
		h.backlog.add(message{h.tally.text() + "\n", true})
	}
	text = h.backlog.take(h.ErrStyle)
	if h.Live {
		lines = h.tally.live(h.ErrStyle, h.rows)
	}
	return text, lines, h.ErrStyle.Width
}

// measure finds out how large the terminal is now.
func (h *Human) measure() {
	if h.Size == nil {
		return
	}
	columns, rows, ok := h.Size()
	if !ok {
		return
	}
	h.ErrStyle.Width, h.rows = columns, rows
	if h.OutStyle.Terminal {
		h.OutStyle.Width = columns
	}
}

// end writes what is left, and takes the area away for good.
func (h *Human) end() {
	h.writing.Lock()
	defer h.writing.Unlock()
	text, _, width := h.news()
	if h.Live {
		h.area.show(text, nil, width)
	} else if text != "" {
		_, _ = io.WriteString(h.Err, text)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally = nil
}

// Summary implements View.
func (h *Human) Summary(s Summary) {
	h.end()
	writeSummary(h.Out, h.OutStyle, s)
}

// Outputs implements View.
func (h *Human) Outputs(outputs []spec.Output) { writeOutputs(h.Out, h.OutStyle, h.target, outputs) }

// Diagnostics implements View.
func (h *Human) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	h.mu.Lock()
	style := h.ErrStyle
	h.mu.Unlock()
	var b strings.Builder
	writeDiagnostics(&b, style, diagnostics, sources)
	h.say(message{b.String(), true})
}

// Note implements View.
func (h *Human) Note(text string) { h.say(message{text: text}) }

// Error implements View.
func (h *Human) Error(text string) {
	h.end()
	text, _ = strings.CutPrefix(h.ErrStyle.Fold("Error: "+text), "Error: ")
	h.say(message{fmt.Sprintf("%s %s\n", h.ErrStyle.bold(h.ErrStyle.red("Error:")), text), true})
}
