package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

// commandLine is what the words before the one to be completed say.
type commandLine struct {
	*program
	root    *cli.Command
	above   []*cli.Command // those that lead to the command
	command *cli.Command
	flags   []setFlag
	args    []string
	valueOf cli.Flag // whose value the next word is; nil if it is none
	onlyArg bool     // -- was there: no flag follows
}

// setFlag is a flag with its value, in the order of the line.
type setFlag struct{ name, value string }

// candidates lists what the last of the words may go on as.
func (p *program) candidates(root *cli.Command, words []string) []candidate {
	l := &commandLine{program: p, root: root, command: root}
	last := len(words) - 1
	for _, word := range words[:last] {
		l.read(word)
	}
	l.enterDir()
	return l.complete(words[last])
}

func (l *commandLine) read(word string) {
	switch {
	case l.valueOf != nil:
		l.set(l.valueOf, word)
		l.valueOf = nil
	case word == "--" && !l.onlyArg:
		l.onlyArg = true
	case l.isFlag(word):
		name, value, has := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch f := l.flag(name); {
		case f == nil:
		case !has && takesValue(f):
			l.valueOf = f
		default:
			l.set(f, value)
		}
	default:
		if sub := l.command.Command(word); sub != nil && len(l.args) == 0 {
			l.above = append(l.above, l.command)
			l.command = sub
			return
		}
		l.args = append(l.args, word)
	}
}

func (l *commandLine) isFlag(word string) bool {
	return !l.onlyArg && len(word) > 1 && word[0] == '-'
}

func (l *commandLine) set(f cli.Flag, value string) {
	l.flags = append(l.flags, setFlag{f.Names()[0], value})
}

// value is that of a flag, the last one if there are several.
func (l *commandLine) value(name string) string {
	for _, f := range slices.Backward(l.flags) {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// isSet reports whether a switch is on the line, and on.
func (l *commandLine) isSet(name string) bool {
	return slices.ContainsFunc(l.flags, func(f setFlag) bool { return f.name == name && f.value != "false" })
}

// known lists the command's flags and those of the commands above.
func (l *commandLine) known() []cli.Flag {
	flags := slices.Clone(l.command.Flags)
	for _, c := range slices.Backward(l.above) {
		for _, f := range c.Flags {
			if !slices.ContainsFunc(flags, func(own cli.Flag) bool { return own.Names()[0] == f.Names()[0] }) {
				flags = append(flags, f)
			}
		}
	}
	return flags
}

func (l *commandLine) flag(name string) cli.Flag {
	for _, f := range l.known() {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// takesValue reports whether a flag cannot stand without a value.
func takesValue(f cli.Flag) bool {
	if g, ok := f.(*cli.GenericFlag); ok {
		if b, ok := g.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			return false
		}
	}
	doc, ok := f.(cli.DocGenerationFlag)
	return ok && doc.TakesValue()
}

// complete lists the candidates for the word.
func (l *commandLine) complete(word string) []candidate {
	if l.valueOf != nil {
		return l.valuesOf(l.valueOf, word)
	}
	name, value, hasValue := strings.Cut(word, "=")
	switch {
	case l.isFlag(word) && hasValue:
		return prefixed(name+"=", l.flagValues(strings.TrimLeft(name, "-"), value))
	case !l.onlyArg && strings.HasPrefix(word, "-"):
		return l.flagNames(word)
	case len(l.command.Commands) > 0 && len(l.args) == 0:
		return l.subcommands(l.command, word)
	}
	var all []candidate
	for _, kind := range argumentKinds(l.command.ArgsUsage, len(l.args)) {
		for _, c := range l.ofKind(kind, word) {
			if !c.more || !slices.Contains(all, c) { // a directory may lead to files of either kind
				all = append(all, c)
			}
		}
	}
	return all
}

func (l *commandLine) flagValues(name, word string) []candidate {
	f := l.flag(name)
	switch {
	case f == nil:
		return nil
	case valueName(f) == "" && !takesValue(f):
		return startingWith(word, "true", "false")
	}
	return l.valuesOf(f, word)
}

func prefixed(prefix string, candidates []candidate) []candidate {
	for i := range candidates {
		candidates[i].text = prefix + candidates[i].text
	}
	return candidates
}

func startingWith(word string, texts ...string) []candidate {
	var all []candidate
	for _, text := range texts {
		if strings.HasPrefix(text, word) {
			all = append(all, candidate{text: text})
		}
	}
	return all
}

// flagNames lists the flags, with as many dashes as were typed.
func (l *commandLine) flagNames(word string) []candidate {
	dash := "-"
	if strings.HasPrefix(word, "--") {
		dash = "--"
	}
	var all []candidate
	for _, f := range l.known() {
		c := candidate{text: dash + f.Names()[0], more: takesValue(f)}
		if !strings.HasPrefix(c.text, word) {
			continue
		}
		if _, text := flagHelp(f); text != "" {
			c.about = text
		}
		if c.more {
			c.text += "="
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return all
}

func (l *commandLine) subcommands(of *cli.Command, word string) []candidate {
	var all []candidate
	for _, c := range of.Commands {
		if !c.Hidden && strings.HasPrefix(c.Name, word) {
			all = append(all, candidate{text: c.Name, about: c.Usage})
		}
	}
	return all
}

// argumentKinds says what the argument at a position may be, by how the help
// names it: an optional one may be left out, one with ... stands for any number.
func argumentKinds(usage string, position int) []string {
	slots := strings.Fields(strings.ReplaceAll(usage, " or ", "|"))
	for i := range min(position, len(slots)) {
		if strings.Contains(slots[i], "...") {
			position = i
			break
		}
	}
	var kinds []string
	for _, slot := range slots[min(position, len(slots)):] {
		kinds = append(kinds, strings.Split(strings.Trim(slot, "[]."), "|")...)
		if !strings.HasPrefix(slot, "[") {
			break
		}
	}
	return kinds
}
