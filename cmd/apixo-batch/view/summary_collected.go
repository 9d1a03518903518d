package view

import (
	"fmt"
	"strings"

	"apixo-batch/runner"
)

// collected names the files of earlier tasks: they are under other names than those of
// the instance.
func (w summaryWriter) collected() {
	if n := len(w.sum.Collected); n > 0 {
		fmt.Fprintf(w, "  %s collected\n", count(n, "earlier task"))
	}
	for i, c := range w.sum.Collected {
		if i == listEnded {
			fmt.Fprintf(w, "      ... and %d more\n", len(w.sum.Collected)-i)
			return
		}
		writeEntry(w, w.style, 6, c.Address, pathsText(c))
	}
}

func pathsText(c runner.CollectedTask) string {
	const most = 3
	paths := make([]string, 0, most)
	for _, path := range c.Paths[:min(len(c.Paths), most)] {
		paths = append(paths, Clean(path))
	}
	text := strings.Join(paths, ", ")
	if more := len(c.Paths) - most; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}
