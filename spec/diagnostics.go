package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/task"
)

// failf makes an error about a place in a file. The summary names the problem,
// the detail says what to do.
func failf(where hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &where,
	}
}

// warnf makes a warning about a place in a file.
func warnf(where hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	diag := failf(where, summary, detail, args...)
	diag.Severity = hcl.DiagWarning
	return diag
}

// fileError makes an error about a whole file, which has no place to show.
func fileError(summary, detail string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...)}
}

// origin is the Extra of a diagnostic that holds for one instance, or for one
// turn of a for expression, around what hcl had put there. Equal findings about
// many of them become one by it.
type origin struct {
	instance *Instance // nil if it is about none
	row      string    // the place of the row, if it is about one
	cause    string    // of findings that are equal wherever they stand
	inner    any

	// Once it is merged: the detail without what merge has added, and how many
	// others there are. It may be merged with more.
	merged bool
	detail string
	others int
}

// AddressOf is the instance that a finding is about; of many, the first.
func AddressOf(diag *hcl.Diagnostic) (task.Address, bool) {
	from, ok := diag.Extra.(origin)
	if !ok || from.instance == nil {
		return task.Address{}, false
	}
	return from.instance.Address, true
}

// UnwrapDiagnosticExtra implements hcl.DiagnosticExtraUnwrapper.
func (from origin) UnwrapDiagnosticExtra() any { return from.inner }

// about says of each diagnostic which instance it is about.
func about(i *Instance, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, diag := range diags {
		from, known := diag.Extra.(origin)
		if !known {
			from.inner = diag.Extra
		}
		if from.instance == nil {
			from.instance = i
			diag.Extra = from
		}
	}
	return diags
}

// describe says what the finding is about, and how many others there are.
func (from origin) describe() string {
	others := from.others
	switch {
	case from.instance != nil && !from.instance.Address.Key.IsZero():
		row := from.row
		if row == "" {
			row = from.instance.row()
		}
		if row != "" {
			row = " (" + row + ")"
		}
		return "\n\nIn " + from.instance.Address.String() + row + andMore(others, " instance")
	case from.row != "":
		return "\n\nIn " + from.row + andMore(others, "")
	case from.instance == nil && others > 0:
		return "\n\nThis is the first" + andMore(others, "")
	}
	return "" // the place says it
}

// row is where the row stands that each.value is made from, "" if it is not
// known.
func (i *Instance) row() string {
	rows := i.expand.config.files.tables.find(i.expand.value.value())
	if len(rows) == 0 {
		return ""
	}
	return rows[0].String()
}

// merge turns the findings about single instances, or rows, that have the same summary
// and place into one that names the first instance and counts the others, and
// drops exact repetitions.
func merge(diags hcl.Diagnostics) hcl.Diagnostics {
	var merged hcl.Diagnostics
	groups := make(map[finding]*group)
	for _, diag := range diags {
		from, isOne := diag.Extra.(origin)
		if isOne && from.merged {
			diag = from.unmerged(diag)
		}
		same := findingOf(diag)
		if g, ok := groups[same]; ok {
			g.add(from)
			continue
		}
		groups[same] = &group{first: len(merged), others: from.others, last: from.instance}
		merged = append(merged, diag)
	}
	for _, g := range groups {
		merged[g.first] = g.describe(merged[g.first])
	}
	return merged
}

// finding is what equal diagnostics have in common.
type finding struct {
	severity hcl.DiagnosticSeverity
	summary  string
	subject  string // "" of those with a cause
	detail   string // of those that are about no instance
}

func findingOf(diag *hcl.Diagnostic) finding {
	same := finding{severity: diag.Severity, summary: diag.Summary, detail: diag.Detail}
	from, isOne := diag.Extra.(origin)
	if isOne {
		same.detail = from.cause
	}
	if diag.Subject != nil && from.cause == "" {
		same.subject = fmt.Sprint(*diag.Subject)
	}
	return same
}

// group counts equal findings.
type group struct {
	first  int // the index of the first
	others int
	last   *Instance // findings come instance by instance
}

func (g *group) add(from origin) {
	if from.instance == nil || from.instance.Address.Key.IsZero() || from.instance != g.last {
		g.others += 1 + from.others
	}
	g.last = from.instance
}

// describe completes the first finding of the group.
func (g *group) describe(diag *hcl.Diagnostic) *hcl.Diagnostic {
	from, isOne := diag.Extra.(origin)
	if !isOne {
		return diag
	}
	from.merged, from.detail, from.others = true, diag.Detail, g.others
	named := *diag
	named.Extra = from
	named.Detail += from.describe()
	return &named
}

// unmerged is the finding before it was described.
func (from origin) unmerged(diag *hcl.Diagnostic) *hcl.Diagnostic {
	plain := *diag
	plain.Detail = from.detail
	return &plain
}

func andMore(n int, what string) string {
	switch {
	case n == 0:
		return "."
	case n > 1 && what != "":
		what += "s"
	}
	return fmt.Sprintf(" … and %d more%s.", n, what)
}

// suggest returns ` Did you mean "name"?` for the candidate nearest to given,
// or "" if none is near.
func suggest(given string, candidates []string) string {
	best := nearest(given, candidates)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// nearest returns the candidate that is at most two edits from given (three for
// longer names), or "". It looks at the first 10,000 only.
func nearest(given string, candidates []string) string {
	if len(given) > 200 {
		return ""
	}
	limit := 2
	if len(given) > 8 {
		limit = 3
	}
	candidates = slices.Clone(candidates[:min(len(candidates), 10_000)])
	slices.Sort(candidates)
	best, distance := "", limit+1
	for _, candidate := range candidates {
		if abs(len(candidate)-len(given)) > limit*4 {
			continue
		}
		if d := levenshtein.Distance(given, candidate, nil); d < distance && d < len(given) {
			best, distance = candidate, d
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// byPlace sorts diagnostics as a reader meets their places in the files; those
// without a place come first.
func byPlace(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		if a.Subject == nil || b.Subject == nil {
			return cmp.Compare(boolInt(a.Subject != nil), boolInt(b.Subject != nil))
		}
		return cmp.Or(
			cmp.Compare(a.Subject.Filename, b.Subject.Filename),
			cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
		)
	})
	return diags
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
