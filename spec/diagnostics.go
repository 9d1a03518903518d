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

// origin is the Extra of a diagnostic that holds for one instance, around what hcl
// had put there. Equal findings about many instances of a block become one by it.
type origin struct {
	address task.Address
	inner   any
}

// about says of each diagnostic which instance it is about.
func about(address task.Address, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, diag := range diags {
		if _, known := diag.Extra.(origin); !known {
			diag.Extra = origin{address, diag.Extra}
		}
	}
	return diags
}

// merge turns the findings about single instances that have the same summary
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
			if !from.address.Key.IsZero() { // else the place says it
				named.Detail += "\n\nIn " + from.address.String() + andMore(others[diag])
			}
			merged[i] = &named
		}
	}
	return merged
}

func andMore(n int) string {
	switch n {
	case 0:
		return "."
	case 1:
		return " … and 1 more instance."
	default:
		return fmt.Sprintf(" … and %d more instances.", n)
	}
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
