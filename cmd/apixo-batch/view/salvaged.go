package view

import (
	"fmt"
	"io"
	"strings"

	"apixo-batch/state"
)

// WriteSalvaged writes what could be read of a damaged state, what is lost, and
// what follows from it.
func WriteSalvaged(w io.Writer, style Style, t Target, s *state.Salvaged) {
	line := func(text string) { fmt.Fprintln(w, Wrap(text, 0, 0, style.Width)) }
	fmt.Fprintf(w, "%s%s\n", style.bold("State "+CleanLine(s.Path)), t.mark())
	line("It cannot be used: " + CleanLine(s.Damage.Error()))
	fmt.Fprintln(w, "\nRead:")
	for _, source := range s.Sources {
		writeItem(w, style, source)
	}
	fmt.Fprintln(w, "\nNot readable:")
	for _, f := range s.Findings {
		writeFinding(w, style, 2, "", f)
	}
	fmt.Fprintln(w)
	line(fmt.Sprintf("The new state would hold %s and %s of the ledger.", count(len(s.Contents.Records), "record"), count(len(s.Contents.Spends), "submit")))
	if s.Unproven > 0 {
		line(fmt.Sprintf("Records that stand in damaged text, so that no checksum vouches for them: %d", s.Unproven))
	}
	if s.Uncertain > 0 {
		line(fmt.Sprintf("Tasks that run and are collected, but not retried by themselves if they fail: %d", s.Uncertain))
	}
	for i, r := range s.Doubted {
		if i == 0 {
			fmt.Fprintln(w, "In doubt, since a submit of it may be in the lost part:")
		}
		writeEntry(w, style, 2, r.Address, CleanLine(r.Doubt.Cause))
	}
	writeLoss(w, style, s.Loss)
}

func writeLoss(w io.Writer, style Style, loss state.Loss) {
	if len(loss.Gaps) == 0 && len(loss.Tasks) == 0 {
		fmt.Fprintln(w, "Nothing is lost: every change can be read.")
		return
	}
	if len(loss.Gaps) > 0 {
		gaps := make([]string, len(loss.Gaps))
		for i, g := range loss.Gaps {
			gaps[i] = g.String()
		}
		fmt.Fprintln(w, Wrap("Lost, as a whole or in part: "+strings.Join(gaps, ", ")+".", 0, 0, style.Width))
		fmt.Fprintln(w, "An instance of which every trace was in it will look as if it were never bought.")
	}
	for i, id := range loss.Tasks {
		if i == 0 {
			fmt.Fprintln(w, "Task IDs that can be read in it and that no record has:")
		}
		writeItem(w, style, id)
	}
}

// writeItem writes an entry of a list.
func writeItem(w io.Writer, style Style, text string) {
	fmt.Fprintf(w, "  %s\n", Wrap(CleanLine(text), 2, 4, style.Width))
}

// SalvageQuestion asks whether the new state may be written to a path.
func SalvageQuestion(s *state.Salvaged, to string) string {
	text := fmt.Sprintf("Make %s of what can be read (%s, %d newly in doubt)", CleanLine(to), count(len(s.Contents.Records), "record"), len(s.Doubted))
	if len(s.Loss.Gaps) > 0 {
		text += ", although what was submitted in the lost part is not known"
	}
	return text + "?"
}
