package view

import (
	"fmt"
	"io"

	"apixo-batch/runner"
	"apixo-batch/state"
)

// writeEvidence writes what the balance says of the doubts.
func writeEvidence(w io.Writer, style Style, e *runner.Evidence, fresh bool) {
	if e == nil {
		return
	}
	text := "the balance "
	if e.From != nil && e.To != nil {
		last := "when it was last read"
		if fresh {
			last = "now"
		}
		text = fmt.Sprintf("the balance was %s at %s and is %s %s", e.From.Balance, clock(e.From), e.To.Balance, last)
		if !fresh {
			text = fmt.Sprintf("the balance was %s at %s and %s at %s, %s", e.From.Balance, clock(e.From), e.To.Balance, clock(e.To), last)
		}
		low, high := e.Unexplained()
		text += fmt.Sprintf(". It fell by %s, of which %s is known to have been charged; %s is unexplained. That ", e.Fell(), span(e.KnownLow, e.KnownHigh), span(low, high))
	}
	heading := "Evidence, not proof:"
	if e.GivenUp > 0 {
		text = fmt.Sprintf("counting %s in doubt that a second one has followed, ", count(e.GivenUp, "submit")) + text
	}
	fmt.Fprintf(w, "%s %s\n", style.bold(heading), Wrap(text+e.Conclusion+".", columns(heading)+1, 2, style.Width))
}

func clock(r *state.Reading) string { return utc(r.At) }
