package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/agext/levenshtein"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/task"
)

// didYouMean suggests the nearest of the candidates, if one is near. The prefix,
// a flag's dash, is only shown.
func didYouMean(prefix, given string, candidates []string) string {
	best := nearest(given, candidates)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", prefix+best)
}

// nearest finds the candidate that was most likely meant, "" if none is near:
// the shorter the name, the fewer letters may differ.
func nearest(given string, candidates []string) string {
	most := 3
	switch n := len(given); {
	case n <= 3:
		most = 1
	case n <= 8:
		most = 2
	}
	best, least := "", min(most+1, len(given))
	for _, c := range candidates {
		if d := distance(given, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to change. Two neighbours that changed places are
// one mistake.
func distance(a, b string) int {
	if len(a) == len(b) {
		i := 0
		for i < len(a) && a[i] == b[i] {
			i++
		}
		if i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
			return 1
		}
	}
	return levenshtein.Distance(a, b, nil)
}

// meantAddress suggests what was meant by an address, or a pattern, that fits none
// of those there are: the nearest one, or those of the same block.
func meantAddress(given string, addresses []task.Address) string {
	if !strings.HasPrefix(given, "task.") {
		given = "task." + given
	}
	var candidates, same []string
	block, _, _ := strings.Cut(given, "[")
	last := ""
	for _, a := range addresses {
		if name := a.Block(); name != last {
			candidates, last = append(candidates, name), name
		}
		candidates = append(candidates, a.String())
		if a.Block() == block {
			same = append(same, view.Quote(a.String()))
		}
	}
	switch best := nearest(given, candidates); {
	case best != "" && best != block:
		return " Did you mean " + view.Quote(best) + "?"
	case len(same) > 3:
		return fmt.Sprintf(" %s has %s and %d more.", block, strings.Join(same[:2], ", "), len(same)-2)
	case len(same) > 0:
		return fmt.Sprintf(" %s has %s.", block, strings.Join(same, ", "))
	case best != "":
		return " Did you mean " + view.Quote(best) + "?"
	default:
		return " Addresses look like task.hero, 'task.hero[\"cat\"]' or 'task.hero[\"c*\"]'."
	}
}

// meantPath suggests the configuration that was meant by a path that is not there.
func meantPath(path string) string {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	files, _ := configurationFiles(filepath.Dir(path)) // what cannot be listed suggests nothing
	return didYouMean("", path, files)
}

// takesConfiguration refuses the files of this program that are no configuration.
func takesConfiguration(path, operation string) error {
	if err := notSaved(path, operation); err != nil {
		return err
	}
	name := filepath.Base(path)
	for _, end := range []string{".state.json", ".state.json.backup", ".state.journal", ".state.lock"} {
		if base, is := strings.CutSuffix(name, end); is {
			configuration := filepath.Join(filepath.Dir(path), strings.TrimSuffix(base, ".simulated")+".hcl")
			return fmt.Errorf("%s belongs to a state, and %s takes a configuration, such as %s; -state=PATH names a state that lies elsewhere",
				path, operation, configuration)
		}
	}
	return nil
}
