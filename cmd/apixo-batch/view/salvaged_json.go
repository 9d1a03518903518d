package view

import (
	"io"

	"apixo-batch/state"
)

// salvagedJSON is what could be read of a damaged state, as one JSON object.
// Damage is null if the state can be read whole; nothing else is told then.
type salvagedJSON struct {
	FormatVersion string  `json:"format_version"`
	State         string  `json:"state"`
	Simulated     bool    `json:"simulated"`
	Damage        *string `json:"damage"`
	*salvageJSON
}

// salvageJSON counts what the new state would hold.
type salvageJSON struct {
	Sources   []string      `json:"sources"`
	Findings  []findingJSON `json:"findings"`
	Records   int           `json:"records"`
	Submits   int           `json:"submits"`
	Unproven  int           `json:"unproven"`
	Uncertain int           `json:"uncertain"`
	InDoubt   []doubtJSON   `json:"in_doubt"` // and were not before
	Loss      lossJSON      `json:"loss"`
}

type lossJSON struct {
	Gaps  []state.Gap `json:"gaps"`
	Tasks []string    `json:"tasks"`
}

// WriteSalvagedJSON writes the same as WriteSalvaged as one JSON object.
func WriteSalvagedJSON(w io.Writer, t Target, s *state.Salvaged) error {
	out := salvagedJSON{FormatVersion: "1.0", State: s.Path, Simulated: t.Simulated}
	if s.Damage != nil {
		out.Damage, out.salvageJSON = new(s.Damage.Error()), newSalvageJSON(s)
	}
	return WriteJSON(w, out, "  ")
}

func newSalvageJSON(s *state.Salvaged) *salvageJSON {
	out := &salvageJSON{
		Sources: append([]string{}, s.Sources...), Findings: []findingJSON{},
		Records: len(s.Contents.Records), Submits: len(s.Contents.Spends),
		Unproven: s.Unproven, Uncertain: s.Uncertain, InDoubt: []doubtJSON{},
		Loss: lossJSON{Gaps: append([]state.Gap{}, s.Loss.Gaps...), Tasks: append([]string{}, s.Loss.Tasks...)},
	}
	for _, f := range s.Findings {
		out.Findings = append(out.Findings, newFindingJSON(f))
	}
	for _, r := range s.Doubted {
		out.InDoubt = append(out.InDoubt, newDoubtJSON(r))
	}
	return out
}
