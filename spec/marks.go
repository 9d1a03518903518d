package spec

import "github.com/zclconf/go-cty/cty"

// mark is the type of the marks that values carry through expressions.
type mark string

const (
	// sensitiveMark is on values that must not be shown or stored: those of
	// variables declared sensitive and everything made from them.
	sensitiveMark = mark("sensitive")
	// volatileMark is on values that differ at each evaluation, such as the
	// time. A request that held one would be bought again at each run.
	volatileMark = mark("volatile")
)

// hasMarkDeep reports whether the value, or anything within it, carries m.
func hasMarkDeep(v cty.Value, m mark) bool {
	if !v.ContainsMarked() {
		return false
	}
	_, paths := v.UnmarkDeepWithPaths()
	for _, path := range paths {
		if _, ok := path.Marks[m]; ok {
			return true
		}
	}
	return false
}

// unmark removes the marks of the value itself and reports which there were.
func unmark(v cty.Value) (plain cty.Value, sensitive, volatile bool) {
	plain, marks := v.Unmark()
	_, sensitive = marks[sensitiveMark]
	_, volatile = marks[volatileMark]
	return plain, sensitive, volatile
}
