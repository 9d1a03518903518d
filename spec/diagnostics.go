package spec

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
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
	inner    any
}

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
func (from origin) describe(others int) string {
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
	rows := i.expand.config.files.tables.find(i.expand.value)
	if len(rows) == 0 {
		return ""
	}
	return rows[0].String()
}

// merge turns the findings about single instances, or rows, that have the same summary
// and place into one that names the first instance and counts the others, and
// drops exact repetitions.
func merge(diags hcl.Diagnostics) hcl.Diagnostics {
	type place struct {
		severity hcl.DiagnosticSeverity
		summary  string
		subject  string
		detail   string // of findings that are not about an instance
	}
	var merged hcl.Diagnostics
	groups := make(map[place]*hcl.Diagnostic)
	others := make(map[*hcl.Diagnostic]int)
	for _, diag := range diags {
		at := place{severity: diag.Severity, summary: diag.Summary, detail: diag.Detail}
		if diag.Subject != nil {
			at.subject = fmt.Sprint(*diag.Subject)
		}
		if _, ok := diag.Extra.(origin); ok {
			at.detail = ""
		}
		if first, ok := groups[at]; ok {
			others[first]++
			continue
		}
		groups[at] = diag
		merged = append(merged, diag)
	}
	for i, diag := range merged {
		if from, ok := diag.Extra.(origin); ok {
			named := *diag
			named.Extra = from.inner
			named.Detail += from.describe(others[diag])
			merged[i] = &named
		}
	}
	return merged
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
		if d := levenshtein.Distance(given, candidate, nil); d < distance && d < max(len(given), 2) {
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
