package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// tally counts how far a run has come, from its events.
type tally struct {
	total     int
	ended     map[task.Address]runner.EventKind // the last word on an instance
	running   map[task.Address]bool
	spent     task.Cost
	estimate  task.Cost
	simulated bool
}

func newTally(p Plan) *tally {
	t := &tally{
		ended: make(map[task.Address]runner.EventKind), running: make(map[task.Address]bool),
		estimate: p.Totals().High, simulated: p.Target.Simulated,
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Kind.Pays() || a.Collects() {
			t.total++
		}
		if a.Reason == plan.StillRunning {
			t.running[a.Address] = true
		}
	}
	return t
}

func (t *tally) add(e runner.Event) {
	switch e.Kind {
	case runner.Submitted:
		t.running[e.Address] = true
		delete(t.ended, e.Address)
		t.spent += e.Record.Cost
	case runner.Saved, runner.Failed, runner.Doubted, runner.Detached, runner.Skipped:
		delete(t.running, e.Address)
		t.ended[e.Address] = e.Kind
	case runner.Succeeded, runner.Retrying:
		delete(t.running, e.Address)
	}
}

func (t *tally) count(kind runner.EventKind) int {
	n := 0
	for _, k := range t.ended {
		if k == kind {
			n++
		}
	}
	return n
}

// text is the state of the run in one line.
func (t *tally) text() string {
	parts := []string{fmt.Sprintf("%d/%d done", t.count(runner.Saved), t.total)}
	for _, part := range []struct {
		n    int
		text string
	}{
		{t.count(runner.Failed), "failed"},
		{t.count(runner.Skipped), "skipped"},
		{t.count(runner.Doubted), "in doubt"},
		{len(t.running), "running"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	text := strings.Join(parts, ", ")
	if t.estimate > 0 {
		text += fmt.Sprintf(", %s of %s", t.spent, t.estimate)
	}
	if t.simulated {
		text = "SIMULATED " + text
	}
	return text
}

// bar is the one live line at the foot of a terminal.
type bar struct {
	*progressbar.ProgressBar
	shown int
	room  int // columns for the text
}

// besideText is what percentage, time and brackets take of the line when the
// bar between them has shrunk to nothing.
const besideText = 20

func newBar(w io.Writer, width, total int) *bar {
	return &bar{room: width - besideText, ProgressBar: progressbar.NewOptions(max(1, total),
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(16),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
	)}
}

// show brings the bar up to date.
func (b *bar) show(t *tally) {
	ended := min(len(t.ended), t.total)
	b.Describe(runewidth.Truncate(t.text(), max(b.room, 0), "..."))
	// An instance that failed and runs again takes the bar back; Add allows it.
	_ = b.Add(ended - b.shown)
	b.shown = ended
}
