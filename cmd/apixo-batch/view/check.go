package view

import (
	"fmt"
	"io"

	"apixo-batch/state"
)

// WriteReport writes what a check of a state found, and the verdict.
func WriteReport(w io.Writer, style Style, t Target, r *state.Report) {
	fmt.Fprintf(w, "%s%s\n", style.bold("State "+CleanLine(r.Path)), t.mark())
	for _, f := range r.Findings {
		writeFinding(w, style, 0, string(f.Severity)+": ", f)
	}
	if h := r.Holder; h != nil {
		text := fmt.Sprintf("%s is running (%s, process %d): what it is just doing is not judged.", Clean(h.Operation), Clean(h.Who), h.PID)
		fmt.Fprintln(w, Wrap(text, 0, 0, style.Width))
	}
	fmt.Fprintln(w, Wrap(verdict(r), 0, 0, style.Width))
}

func verdict(r *state.Report) string {
	text := "No damage found"
	if r.Damaged() {
		text = "Damaged"
	}
	if !r.Readable {
		return text + ": it cannot be read as a whole."
	}
	return fmt.Sprintf("%s: %s, %s in the ledger, %s compared.",
		text, count(r.Records, "record"), count(r.Submits, "submit"), count(r.Artifacts, "file"))
}

// writeFinding writes where something was found, what, and what to do about it.
func writeFinding(w io.Writer, style Style, indent int, lead string, f state.Finding) {
	text := lead
	switch {
	case f.Line > 0:
		text += fmt.Sprintf("%s, line %d (at byte %d): ", CleanLine(f.Path), f.Line, f.Offset)
	case f.Path != "":
		text += CleanLine(f.Path) + ": "
	}
	fmt.Fprintf(w, "%*s%s\n", indent, "", Wrap(text+CleanLine(f.Problem), indent, indent+2, style.Width))
	if f.Next != "" {
		fmt.Fprintf(w, "%*s%s\n", indent+2, "", Wrap("Next: "+CleanLine(f.Next), indent+2, indent+4, style.Width))
	}
}

// reportJSON is a report as one JSON object. Without what could be read, its
// counts are left out.
type reportJSON struct {
	FormatVersion string `json:"format_version"`
	State         string `json:"state"`
	Simulated     bool   `json:"simulated"`
	*readableJSON
	Damaged  bool            `json:"damaged"`
	Holder   *state.LockInfo `json:"holder"`
	Findings []findingJSON   `json:"findings"`
}

type readableJSON struct {
	Lineage   string `json:"lineage"`
	Serial    int64  `json:"serial"`
	Changes   int64  `json:"changes"`
	Records   int    `json:"records"`
	Submits   int    `json:"submits"`
	Artifacts int    `json:"artifacts"`
}

type findingJSON struct {
	state.Finding
	Addr string `json:"addr,omitempty"`
}

// WriteReportJSON writes the same as one JSON object.
func WriteReportJSON(w io.Writer, t Target, r *state.Report) error {
	out := reportJSON{FormatVersion: "1.0", State: r.Path, Simulated: t.Simulated, Damaged: r.Damaged(), Holder: r.Holder, Findings: []findingJSON{}}
	if r.Readable {
		out.readableJSON = &readableJSON{r.Header.Lineage, r.Header.Serial, r.Header.Changes, r.Records, r.Submits, r.Artifacts}
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, newFindingJSON(f))
	}
	return WriteJSON(w, out, "  ")
}

func newFindingJSON(f state.Finding) findingJSON {
	shown := findingJSON{Finding: f}
	if f.Address.Name != "" {
		shown.Addr = f.Address.String()
	}
	return shown
}
