package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/state"
)

// slowEnough is the pause from which on a slow-down is worth a line.
const slowEnough = 5 * time.Second

// eventText is the permanent line of an event, "" if it has none.
func (h *Human) eventText(e runner.Event) string {
	at, style, verbose := e.Address.String()+": ", h.ErrStyle, h.Verbose
	if h.Concise && !verbose && !warns(e.Kind) {
		return ""
	}
	switch e.Kind {
	case runner.Saved:
		if !h.Live || verbose {
			return at + style.green("done") + savedDetail(e.Record)
		}
	case runner.Fetched:
		if e.Earlier && e.Record.Complete() && (!h.Live || verbose) {
			return at + "earlier task " + style.green("done") + savedDetail(e.Record)
		}
	case runner.Failed:
		return at + style.red("failed") + failedBecause(e)
	case runner.Doubted:
		return at + style.yellow("in doubt") + because(e)
	case runner.Unrecorded:
		return style.red("Not recorded: ") + CleanLine(e.Detail)
	case runner.Retrying:
		return at + style.yellow("submitted again") + because(e)
	case runner.Warned:
		return at + style.yellow("odd answer") + because(e)
	case runner.Settled:
		return at + style.green("settled") + because(e)
	case runner.Imported:
		return at + style.green("imported") + because(e)
	case runner.Unheard:
		return style.yellow("No webhooks") + because(e)
	case runner.Nearing:
		return style.yellow("Running low: ") + said(e.Detail)
	case runner.Stopping:
		return style.yellow("No further submits: ") + said(e.Detail)
	case runner.Slowed:
		if verbose || e.Wait >= slowEnough {
			return "Slowing down for " + short(e.Wait) + because(e)
		}
	case runner.Submitted:
		if verbose {
			return at + "accepted as task " + Clean(e.Record.TaskID)
		}
	case runner.Detached: // on an interrupt all of them at once; the summary has them
		if verbose {
			return at + style.yellow(cmp.Or(said(e.Detail), "still running, already paid"))
		}
	case runner.Refused, runner.Skipped, runner.Moved, runner.Succeeded, runner.Dropped:
		if verbose {
			return at + string(e.Kind) + because(e)
		}
	}
	return ""
}

// warns reports whether an event is a failure, or what somebody has to know who wants
// to know of nothing else.
func warns(kind runner.EventKind) bool {
	switch kind {
	case runner.Failed, runner.Doubted, runner.Unrecorded, runner.Warned, runner.Unheard, runner.Nearing, runner.Stopping:
		return true
	default:
		return false
	}
}

func because(e runner.Event) string {
	if e.Detail == "" {
		return ""
	}
	return ": " + said(e.Detail)
}

// failedBecause gives the reason too, by which the summary sorts.
func failedBecause(e runner.Event) string {
	f := e.Record.Failure
	if f == nil {
		return because(e)
	}
	text := ": " + string(f.Reason)
	if more := failureText(*f); more != "" {
		text += " (" + more + ")"
	}
	return text
}

// savedDetail is what a finished task took, cost and left on disk.
func savedDetail(r state.Record) string {
	var b strings.Builder
	if !r.AcceptedAt.IsZero() && r.FinishedAt.After(r.AcceptedAt) {
		fmt.Fprintf(&b, " in %s", short(r.FinishedAt.Sub(r.AcceptedAt)))
	}
	if r.Priced {
		fmt.Fprintf(&b, ", %s", r.Cost)
	}
	for i, artifact := range r.Artifacts {
		if i == 3 && len(r.Artifacts) > 4 {
			fmt.Fprintf(&b, ", and %d more files", len(r.Artifacts)-3)
			break
		}
		fmt.Fprintf(&b, ", %s", Clean(artifact.Path))
	}
	return b.String()
}
