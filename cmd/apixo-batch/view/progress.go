package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// tally counts how far a run has come, from its events.
type tally struct {
	total     int
	ended     map[task.Address]runner.EventKind // the last word on an instance
	counts    map[runner.EventKind]int          // of ended
	running   map[task.Address]bool
	fetching  map[task.Address]bool // succeeded in this run, and the files are to come
	held      map[string]time.Time  // models that were slowed, and until when
	explained map[string]bool       // models of which it was said why
	several   bool                  // models are in the plan
	earlier   int                   // tasks of earlier inputs in the plan
	collected int                   // of them, what is on disk now
	spent     task.Cost
	estimate  task.Cost
	simulated bool
	started   time.Time

	timeLeft func() (time.Duration, bool) // nil without
	left     time.Duration                // as timeLeft last gave it; 0 if it is not known
	asked    time.Time
}

func newTally(p Plan) *tally {
	t := &tally{
		ended: make(map[task.Address]runner.EventKind), counts: make(map[runner.EventKind]int), running: make(map[task.Address]bool),
		fetching: make(map[task.Address]bool), held: make(map[string]time.Time), explained: make(map[string]bool),
		estimate: p.estimate(), simulated: p.Target.Simulated, started: time.Now(), timeLeft: p.TimeLeft,
	}
	model := ""
	for i := range p.Actions {
		a := &p.Actions[i]
		t.earlier += len(a.Earlier())
		if a.Kind.Pays() || a.Collects() {
			t.total++
			t.several = t.several || model != "" && a.Model() != model
			model = a.Model()
		}
		if a.Reason == plan.StillRunning {
			t.running[a.Address] = true
		}
	}
	return t
}

func (t *tally) add(e runner.Event) {
	switch e.Kind {
	case runner.Settled:
		t.spent += e.Record.Cost
		if e.Record.Status == state.Running { // else it is an earlier task
			t.running[e.Address] = true
			t.end(e.Address, "")
		}
	case runner.Submitted, runner.Unrecorded, runner.Imported:
		t.running[e.Address] = true
		t.end(e.Address, "")
		t.spent += e.Record.Cost
	case runner.Saved, runner.Failed, runner.Doubted, runner.Detached, runner.Skipped:
		delete(t.running, e.Address)
		delete(t.fetching, e.Address)
		t.end(e.Address, e.Kind)
	case runner.Succeeded:
		delete(t.running, e.Address)
		t.fetching[e.Address] = true
	case runner.Retrying:
		delete(t.running, e.Address)
	case runner.Fetched:
		if e.Earlier && e.Record.Complete() {
			t.collected++
		}
	case runner.Slowed:
		t.held[e.Model] = time.Now().Add(e.Wait)
	}
}

// end notes the last word on an instance, "" if it goes on after all.
func (t *tally) end(a task.Address, kind runner.EventKind) {
	if before, ended := t.ended[a]; ended {
		t.counts[before]--
		delete(t.ended, a)
	}
	if kind != "" {
		t.ended[a] = kind
		t.counts[kind]++
	}
}

// text is the state of the run in one line.
func (t *tally) text() string {
	var texts []string
	for _, p := range slices.Concat([]part{t.howFar()}, t.rest(Style{}), t.eta(), t.pause(Style{})) {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, ", ")
}

// live are the lines of an area that tell the same, with a bar.
func (t *tally) live(style Style, rows int) []string {
	const indent = 2
	width := style.Width - 1 // in its last column some terminals have gone on to the next line
	elapsed := part{text: time.Since(t.started).Truncate(time.Second).String()}
	first := slices.Concat([]part{t.howFar(), elapsed}, t.eta())
	inner := width - indent
	if width < 2*widestBar {
		inner = width
	}
	lines := flow(first, width)
	if len(lines) == 1 {
		ended, total := len(t.ended), t.total
		if t.onlyEarlier() {
			ended, total = t.collected, t.earlier
		}
		lines[0] = bar(ended, total, width-columns(lines[0])) + lines[0]
	}
	for _, parts := range [][]part{t.rest(style), t.pause(style)} {
		for _, line := range flow(parts, inner) {
			lines = append(lines, strings.Repeat(" ", width-inner)+line)
		}
	}
	return lines[:min(len(lines), max(1, rows-1))]
}

// howFar is how much of the run is over, however it ended.
func (t *tally) howFar() part {
	text := fmt.Sprintf("%d/%d ended", len(t.ended), t.total)
	if t.onlyEarlier() {
		text = t.earlierText()
	}
	if t.simulated {
		text = "SIMULATED " + text
	}
	return part{text: text}
}

// onlyEarlier reports whether the run has nothing to do but to collect earlier tasks.
func (t *tally) onlyEarlier() bool { return t.total == 0 && t.earlier > 0 }

func (t *tally) earlierText() string {
	return fmt.Sprintf("%d/%d earlier collected", t.collected, t.earlier)
}

// rest is how tasks ended, what goes on, and the money.
func (t *tally) rest(style Style) (parts []part) {
	for _, p := range []struct {
		n     int
		what  string
		paint func(string) string
	}{
		{t.counts[runner.Saved], "done", nil},
		{t.counts[runner.Failed], "failed", style.red},
		{t.counts[runner.Skipped], "skipped", style.yellow},
		{t.counts[runner.Doubted], "in doubt", style.yellow},
		{len(t.running), "running", nil},
		{len(t.fetching), "downloading", nil},
	} {
		if p.n > 0 {
			parts = append(parts, part{fmt.Sprintf("%d %s", p.n, p.what), p.paint})
		}
	}
	if t.earlier > 0 && !t.onlyEarlier() {
		parts = append(parts, part{text: t.earlierText()})
	}
	if t.estimate > 0 {
		parts = append(parts, part{text: fmt.Sprintf("%s of %s", t.spent, t.estimate)})
	}
	return parts
}

// eta is when the run is likely to end, if that is known.
func (t *tally) eta() []part {
	if t.timeLeft != nil && time.Since(t.asked) >= time.Second {
		t.asked, t.left = time.Now(), 0
		if left, known := t.timeLeft(); known {
			t.left = left
		}
	}
	if t.left <= 0 || len(t.ended) == t.total {
		return nil
	}
	return []part{{text: "ETA " + short(roughly(t.left))}}
}

// roughly rounds a guess up to a step that does not promise more than it knows.
func roughly(d time.Duration) time.Duration {
	step := 5 * time.Minute
	switch {
	case d < time.Minute:
		step = 5 * time.Second
	case d < 10*time.Minute:
		step = 10 * time.Second
	case d < time.Hour:
		step = time.Minute
	}
	return (d + step - 1) / step * step
}

// pause names the model that the API holds back the longest, if that is for long
// enough to be seen.
func (t *tally) pause(style Style) []part {
	model, longest := "", time.Duration(0)
	for m, until := range t.held {
		if left := time.Until(until); left > longest || left == longest && m < model {
			model, longest = m, left
		}
	}
	if longest < time.Second {
		return nil
	}
	text := "next call in " + (longest + time.Second - 1).Truncate(time.Second).String()
	if t.several && model != "" {
		text += " (" + Clean(model) + ")"
	}
	return []part{{"slowed by the API", style.yellow}, {text, style.yellow}}
}
