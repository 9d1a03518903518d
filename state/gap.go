package state

import (
	"fmt"
	"slices"
)

// Gap is a range of changes that cannot be read. Both ends are counted.
type Gap struct {
	From int64 `json:"from"`
	// To is where reading goes on, less one; 0 if nobody knows how many changes
	// there were.
	To int64 `json:"to,omitempty"`
}

func (g Gap) String() string {
	switch {
	case g.To == 0:
		return fmt.Sprintf("everything from change %d on", g.From)
	case g.From == g.To:
		return fmt.Sprintf("change %d", g.From)
	default:
		return fmt.Sprintf("changes %d to %d", g.From, g.To)
	}
}

func gapsText(gaps []Gap) string {
	const most = 5
	text := ""
	for i, g := range gaps[:min(most, len(gaps))] {
		if i > 0 {
			text += ", "
		}
		text += g.String()
	}
	if more := len(gaps) - most; more > 0 {
		text += fmt.Sprintf(" and %d more gaps", more)
	}
	if len(gaps) == 0 {
		return "nothing that is known"
	}
	return text
}

// after reports whether a gap comes after a change.
func after(gaps []Gap, change int64) bool {
	return slices.ContainsFunc(gaps, func(g Gap) bool { return g.To == 0 || g.To > change })
}
