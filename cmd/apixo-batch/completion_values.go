package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/catalog"
)

// valuesOf lists the values of a flag: those of a fixed set by the flag's name,
// others by the word that the help has for them.
func (l *commandLine) valuesOf(f cli.Flag, word string) []candidate {
	switch f.Names()[0] {
	case "format":
		return startingWith(word, string(view.DOT), string(view.Mermaid))
	case "kind":
		return startingWith(word, string(catalog.Image), string(catalog.Video), string(catalog.Audio))
	case "parameters":
		return startingWith(word, "known", "strict", "any")
	case "funds":
		return startingWith(word, "402", "400")
	case "progress":
		return startingWith(word, progressKinds...)
	case "by":
		return startingWith(word, view.Groupings...)
	case "halt":
		rules := startingWith(word, "never", "soon,fail=", "now,fail=")
		for i := range rules {
			rules[i].more = strings.HasSuffix(rules[i].text, "=")
		}
		return rules
	}
	switch kind := valueName(f); kind {
	case "ADDRESS", "PATTERN":
		return l.selections(word)
	case "PATH":
		return l.ofKind("FILE", word) // of a state, not of a configuration
	default:
		return l.ofKind(kind, word)
	}
}

// valueName is what the help calls the value of a flag; "" of one without.
func valueName(f cli.Flag) string {
	written, _ := flagHelp(f)
	_, name, _ := strings.Cut(written, "=")
	return strings.TrimSuffix(name, "]") // of -name[=VALUE]
}

// ofKind lists what the help calls kind; nothing if that is up to the user.
func (l *commandLine) ofKind(kind, word string) []candidate {
	switch kind {
	case "ADDRESS":
		return l.recorded(word)
	case "SOURCE":
		return l.recordedWithBlocks(word)
	case "DESTINATION":
		return l.selections(word)
	case "PATH":
		return l.files(word, isHCL)
	case "PLANFILE":
		return l.files(word, isPlan)
	case "FILE":
		return l.files(word, isAny)
	case "DIR":
		return l.files(word, isNone)
	case "NAME":
		return l.outputs(word)
	case "MODEL":
		return l.models(word)
	case "CODE":
		return l.codes(word)
	case "COMMAND":
		return l.helped(word)
	case "TOPIC":
		return l.topics(word)
	case "SHELL":
		return shellsLike(word)
	default:
		return nil
	}
}

func (l *commandLine) outputs(word string) []candidate {
	s := l.load()
	if s == nil {
		return nil
	}
	outputs, _ := s.EvalOutputs(nil) // a wrong one has a name, too
	var all []candidate
	for _, o := range outputs {
		if strings.HasPrefix(o.Name, word) {
			all = append(all, candidate{text: o.Name, about: o.Description})
		}
	}
	return all
}

// catalog is what the command will know of the models, or the program's own if
// that cannot be read.
func (l *commandLine) catalog() *catalog.Catalog {
	known, err := l.catalogFrom(cmp.Or(l.value("catalog"), l.env(catalogVariable)))
	if err != nil {
		return catalog.Default()
	}
	return known.Catalog
}

func (l *commandLine) models(word string) []candidate {
	var all []candidate
	for _, m := range l.catalog().Models() {
		if strings.HasPrefix(m.ID, word) {
			all = append(all, candidate{text: m.ID, about: m.Title})
		}
	}
	return all
}

func (l *commandLine) codes(word string) []candidate {
	c := l.catalog()
	var all []candidate
	for _, row := range slices.Concat(c.Codes(), c.Reasons()) {
		if strings.HasPrefix(row.Code, word) {
			all = append(all, candidate{text: row.Code, about: row.Meaning})
		}
	}
	return all
}

// helped lists the commands that help explains, below those already named.
func (l *commandLine) helped(word string) []candidate {
	c := l.root
	for _, name := range l.args {
		if c = c.Command(name); c == nil {
			return nil
		}
	}
	return l.subcommands(c, word)
}

// topics lists those that help explains; each stands alone.
func (l *commandLine) topics(word string) []candidate {
	if len(l.args) > 0 {
		return nil
	}
	var all []candidate
	for _, t := range topics {
		if strings.HasPrefix(t.name, word) {
			all = append(all, candidate{text: t.name, about: t.about})
		}
	}
	return all
}

func shellsLike(word string) []candidate {
	var all []candidate
	for _, shell := range shells {
		all = append(all, startingWith(word, shell.name)...)
	}
	return all
}
