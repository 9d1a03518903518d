package view

import (
	"encoding/json"
	"fmt"
)

// differing is a text that may change.
type differing struct {
	old, now string
	later    bool // now is known after apply
}

func (e explained) models() differing {
	if e.Prior == nil || e.Prior.Request.Model == e.Model() {
		return differing{}
	}
	return differing{old: e.Prior.Request.Model, now: e.Model()}
}

// differing writes a text as it was and as it will be.
func (w explainedWriter) differing(label string, d differing) {
	write := func(sign, text string) {
		w.line(label, w.signed(sign, text))
		label = ""
	}
	switch {
	case d.old == d.now && d.old != "":
		write("", CleanLine(d.now))
		return
	case d.old != "" && (d.now != "" || d.later):
		write("-", CleanLine(d.old))
	case d.old != "":
		write("", CleanLine(d.old))
	}
	switch {
	case d.now != "":
		write("+", CleanLine(d.now))
	case d.later:
		write("+", knownAfterApply)
	}
}

const knownAfterApply = "known after apply"

func (w explainedWriter) signed(sign, text string) string {
	switch sign {
	case "+":
		return w.style.green("+ " + text)
	case "-":
		return w.style.red("- " + text)
	case "":
		return text
	default:
		return sign + " " + text
	}
}

// request writes the request attribute by attribute: with a + what is sent and
// was not before, with a - what was.
func (w explainedWriter) request(e explained) {
	fmt.Fprintln(w, "  request")
	names := 0
	for _, f := range e.request {
		names = max(names, columns(CleanLine(f.name)))
	}
	for _, f := range e.request {
		name := pad(CleanLine(f.name), names)
		if f.changed() == "" {
			w.attribute(" ", name, fieldText(f.new))
			continue
		}
		if f.old != nil {
			w.attribute("-", name, fieldText(f.old))
		}
		switch {
		case f.later:
			w.attribute("+", name, knownAfterApply)
		case f.new != nil:
			w.attribute("+", name, fieldText(f.new))
		}
	}
	if !e.settled {
		fmt.Fprintf(w, "    %s\n", w.signed("+", "the whole input is "+knownAfterApply))
	}
}

// attribute writes a name and a value, wrapped under itself, behind a sign.
func (w explainedWriter) attribute(sign, name, value string) {
	const indent = 4
	at := indent + len(sign) + 1 + columns(name) + 2
	fmt.Fprintf(w, "%*s%s\n", indent, "", w.signed(sign, name+"  "+wrapValue(value, at, w.width)))
}

// fieldText is a value as JSON, whole, so that every difference shows.
func fieldText(value json.RawMessage) string {
	return CleanLine(masked.ReplaceAllString(spaced(string(value)), "(sensitive)"))
}
