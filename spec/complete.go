package spec

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNames bounds how many names CompleteName offers.
const maxNames = 1_000

// CompleteName says what the name at the end of a text may go on as: names of
// variables, locals, tasks with their keys and attributes, and functions. Each
// is whole and may replace the text from start on. They are sorted, and none if
// nothing begins like that.
func (s *Spec) CompleteName(text string) (start int, names []string) {
	for at := range text {
		if before, _ := utf8.DecodeLastRuneInString(text[:at]); at > 0 && (isNameRune(before) || before == '.') {
			continue
		}
		if names := s.config.namesLike(text[at:]); len(names) > 0 {
			return at, names
		}
	}
	return len(text), nil
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// namesLike lists the names that begin with what was typed, and are longer.
func (c *configuration) namesLike(typed string) []string {
	var names []string
	add := func(name string) {
		if strings.HasPrefix(name, typed) && name != typed && len(names) < maxNames {
			names = append(names, name)
		}
	}
	switch root, _, dotted := strings.Cut(typed, "."); {
	case !dotted:
		for _, name := range []string{"var.", "local.", "task."} {
			add(name)
		}
		for _, name := range append(sortedKeys(c.functions), "type") {
			add(name + "(")
		}
	case root == "var":
		for name := range c.variables {
			add("var." + name)
		}
	case root == "local":
		for name := range c.locals {
			add("local." + name)
		}
	case root == "task":
		for _, block := range c.tasks {
			block.nameLike(typed, add)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nameLike adds the block's name, or, once that is typed, what may follow it.
func (b *taskBlock) nameLike(typed string, add func(string)) {
	name := "task." + b.name
	if !strings.HasPrefix(typed, name) {
		add(name)
		return
	}
	for _, i := range b.instances {
		address := i.Address.String()
		add(address)
		if strings.HasPrefix(typed, address) {
			for _, attribute := range taskAttributes {
				add(address + "." + attribute)
			}
		}
	}
}
