package gallery

import (
	"fmt"
	"slices"
	"strings"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// axes say how the instances of a task are told apart.
type axes struct {
	names []string // of the parts of a key; none without keys
	// crossed: a matrix made the keys, in which the separator of parts is escaped.
	crossed bool
}

// axesOf names the parts of the keys of each task: as the configuration does, else
// by number where all keys have as many.
func axesOf(records []state.Record, declared func(task string) []string) map[string]axes {
	keys := make(map[string][]task.Key)
	for i := range records {
		a := records[i].Address
		keys[a.Name] = append(keys[a.Name], a.Key)
	}
	all := make(map[string]axes, len(keys))
	for name, keys := range keys {
		all[name] = axesOfKeys(keys, declared(name))
	}
	return all
}

func axesOfKeys(keys []task.Key, declared []string) axes {
	parts := len(splitKey(keys[0]))
	uneven := slices.ContainsFunc(keys, func(k task.Key) bool { return len(splitKey(k)) != parts })
	switch {
	case keys[0].IsZero():
		return axes{}
	case len(declared) == parts && !uneven:
		return axes{declared, true}
	case parts == 1 || uneven:
		return axes{names: []string{"key"}}
	}
	var numbered axes
	for n := range parts {
		numbered.names = append(numbered.names, fmt.Sprintf("part %d of the key", n+1))
	}
	return numbered
}

// parts are those of a key, one for each name.
func (a axes) parts(k task.Key) []string {
	switch {
	case len(a.names) == 0:
		return nil
	case len(a.names) == 1 && !a.crossed:
		return []string{k.Text()}
	}
	parts := splitKey(k)
	if len(parts) != len(a.names) { // an instance without a key, of a task that had none once
		return make([]string, len(a.names))
	}
	if a.crossed {
		for i := range parts {
			parts[i] = unescapePart.Replace(parts[i])
		}
	}
	return parts
}

func splitKey(k task.Key) []string { return strings.Split(k.Text(), "/") }

// unescapePart undoes what a matrix does to values that hold the separator.
var unescapePart = strings.NewReplacer("%2F", "/", "%25", "%")
