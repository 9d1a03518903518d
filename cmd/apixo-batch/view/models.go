package view

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// WriteModels lists models by kind, each with its price and usual time.
func WriteModels(w io.Writer, models []*catalog.Model, width int) {
	names := 0
	for _, m := range models {
		names = max(names, columns(Clean(m.ID)))
	}
	out := labelled{w, 2 + names + 2, width}
	var kind catalog.Kind
	for _, m := range models {
		if m.Kind != kind {
			if kind != "" {
				fmt.Fprintln(w)
			}
			kind = m.Kind
			fmt.Fprintf(w, "%s models\n", strings.ToUpper(string(kind[:1]))+string(kind[1:]))
		}
		text := Clean(priceSummary(m))
		if usual := usualTime(m); usual != "" {
			text += ", usually " + usual
		}
		out.line(Clean(m.ID), text)
	}
	fmt.Fprintf(w, "\n%s. Prices are dated hints; models NAME says where one is from.\n", count(len(models), "model"))
}

// priceSummary is the span of all figures of a model.
func priceSummary(m *catalog.Model) string {
	if len(m.Prices) == 0 {
		return "price not known"
	}
	low, high, per := m.Prices[0].LowMicros, m.Prices[0].HighMicros, m.Prices[0].Per
	for _, p := range m.Prices[1:] {
		low, high = min(low, p.LowMicros), max(high, p.HighMicros)
		if p.Per != per {
			return "several prices"
		}
	}
	return span(task.Cost(low), task.Cost(high)) + " per " + per
}

func usualTime(m *catalog.Model) string {
	switch {
	case m.TypicalMax == 0:
		return ""
	case m.TypicalMin == m.TypicalMax:
		return round(m.TypicalMax)
	default:
		return round(m.TypicalMin) + "-" + round(m.TypicalMax)
	}
}

// round is short without seconds that are none: "4m", not "4m0s".
func round(d time.Duration) string {
	if d%time.Minute == 0 && d < time.Hour {
		return strings.TrimSuffix(d.String(), "0s")
	}
	return short(d)
}

// WriteModel shows all that is known of a model, and a task block to start from.
func WriteModel(w io.Writer, m *catalog.Model, width int) {
	out := labelled{w, codeColumn, width}
	line := func(label, text string) { out.line(label, CleanLine(text)) }
	fmt.Fprintf(w, "%s  %s, %s\n", Clean(m.ID), Clean(m.Title), m.Kind)
	line("also", strings.Join(m.Aliases, ", "))
	for _, p := range m.Prices {
		line("price", priceLine(p))
	}
	if len(m.Prices) == 0 {
		line("price", fmt.Sprintf("not known; price = { usd = 0.05, per = %q } in a model block sets one", m.Unit()))
	}
	line("pricing", m.PriceNote)
	line("files", files(m))
	line("times", times(m))
	line("limits", limits(m))
	line("provider", m.Provider)
	line("fail codes", strings.Join(m.FailCodes, ", "))
	line("note", m.Note)
	line("sources", strings.Join(m.Sources, " "))
	line("read", m.Read)
	writeParams(w, m, width)
	fmt.Fprintf(w, "\n%s", taskBlock(m))
}

func priceLine(p catalog.Price) string {
	text := span(task.Cost(p.LowMicros), task.Cost(p.HighMicros)) + " per " + p.Per
	var when []string
	for _, name := range slices.Sorted(maps.Keys(p.When)) {
		when = append(when, fmt.Sprintf("%s = %v", name, p.When[name]))
	}
	if len(when) > 0 {
		text += " with " + strings.Join(when, ", ")
	}
	if p.Source != "" {
		text += " (" + p.Source + ")"
	}
	if p.Contradicts != "" {
		text += "; contradicted: " + p.Contradicts
	}
	return text
}

// files says how many files a task makes that does not ask for a number; "" for
// one in every mode.
func files(m *catalog.Model) string {
	var parts []string
	for _, row := range m.Results {
		text := strconv.Itoa(row.Least)
		if row.Most > row.Least {
			text += "-" + strconv.Itoa(row.Most)
		}
		text += " a task"
		if len(row.Modes) > 0 {
			text += " in " + strings.Join(row.Modes, ", ")
		}
		if row.Source != "" {
			text += " (" + row.Source + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func times(m *catalog.Model) string {
	poll := m.Schedule()
	text := fmt.Sprintf("first asked for after %s, then every %s to %s, for %s", round(poll.First), round(poll.Interval), round(poll.MaxInterval), round(m.GiveUp()))
	if usual := usualTime(m); usual != "" {
		text = "usually " + usual + "; " + text
	}
	return text
}

func limits(m *catalog.Model) string {
	var parts []string
	if n := m.Limits.RequestsPerMinute; n > 0 {
		parts = append(parts, fmt.Sprintf("%d calls a minute", n))
	}
	if n := m.Limits.ConcurrentTasks; n > 0 {
		parts = append(parts, fmt.Sprintf("%d tasks in flight", n))
	}
	return cmp.Or(strings.Join(parts, ", "), "not documented; the pace is learned")
}

// writeParams writes a row for each case of each parameter.
func writeParams(w io.Writer, m *catalog.Model, width int) {
	if len(m.Params) == 0 {
		fmt.Fprintln(w, "\nParameters: not known")
		return
	}
	names := 0
	for _, p := range m.Params {
		names = max(names, columns(Clean(p.Name)))
	}
	fmt.Fprintln(w, "\nParameters (* is required)")
	for _, p := range m.Params {
		mark := " "
		if p.Required && p.Case() == "" {
			mark = "*"
		}
		lead := fmt.Sprintf("  %s %s  %-8s ", mark, pad(Clean(p.Name), names), p.Type)
		at := columns(lead)
		fmt.Fprintln(w, strings.TrimRight(lead+Wrap(CleanLine(paramText(p)), at, at, width), " "))
	}
}

// paramText says what values a parameter may have, and when.
func paramText(p catalog.Param) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if len(p.Enum) > 0 {
		values := make([]string, len(p.Enum))
		for i, v := range p.Enum {
			values[i] = fmt.Sprint(v)
		}
		add("%s", strings.Join(values, ", "))
	}
	if text := p.Range(); text != "" {
		add("%s", text)
	}
	bounds(add, p.MinRunes, p.MaxRunes, "character")
	bounds(add, p.MinItems, p.MaxItems, "element")
	if p.Default != nil {
		add("default %v", p.Default)
	}
	switch text := p.Case(); {
	case text != "" && p.Required:
		add("required %s", text)
	case text != "":
		add("only %s", text)
	}
	if len(p.Was) > 0 {
		add("once called %s", strings.Join(p.Was, ", "))
	}
	if p.Note != "" {
		add("%s", p.Note)
	}
	return strings.Join(parts, "; ")
}

func bounds(add func(string, ...any), low, high int, what string) {
	switch {
	case low > 0 && low == high:
		add("exactly %s", count(low, what))
	case low > 0 && high > 0:
		add("%d to %s", low, count(high, what))
	case high > 0:
		add("up to %s", count(high, what))
	case low > 0:
		add("at least %s", count(low, what))
	}
}
