package spec

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// local is one attribute of a locals block.
type local struct {
	name  string
	expr  hcl.Expression
	where hcl.Range
	refs  references
	state visit
	// late is set if the value uses the result of a task: it is evaluated anew
	// for each instance that uses it. Others have their value.
	late  bool
	value cty.Value
}

// visit is how far a depth-first walk has come with a node.
type visit uint8

const (
	unvisited visit = iota
	visiting
	visited
)

// maxValueNodes bounds the size of a local value: a few lines that double each
// other make more than any memory holds. A text counts for one and one more for
// every nodeBytes.
const (
	maxValueNodes = 4_000_000
	nodeBytes     = 64
)

func (c *configuration) collectLocals(b *hcl.Block) hcl.Diagnostics {
	attributes, diags := b.Body.JustAttributes()
	diags = append(diags, native(attributes, nil, false)...)
	for _, name := range sortedKeys(attributes) {
		attribute := attributes[name]
		if first, ok := c.locals[name]; ok {
			diags = append(diags, duplicate(attribute.NameRange, fmt.Sprintf("local value %q", name), first.where))
			continue
		}
		c.locals[name] = &local{name: name, expr: attribute.Expr, where: attribute.NameRange}
	}
	return diags
}

// setLocals evaluates the locals that use no task, each after those it uses.
func (c *configuration) setLocals() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(c.locals) {
		diags = append(diags, c.setLocal(c.locals[name], nil)...)
	}
	values := make(map[string]cty.Value)
	for name, l := range c.locals {
		if !l.late {
			values[name] = l.value
		}
	}
	c.root.Variables["local"] = cty.ObjectVal(values)
	return diags
}

// setLocal finds out what a local uses, sets those first, and evaluates it.
// path leads to it, for a cycle to be shown whole.
func (c *configuration) setLocal(l *local, path []*local) hcl.Diagnostics {
	switch l.state {
	case visited:
		return nil
	case visiting:
		l.value = cty.DynamicVal
		return hcl.Diagnostics{localCycle(append(path, l))}
	}
	l.state = visiting
	l.value = cty.DynamicVal
	refs, diags := c.references(l.expr, scope{tasks: true})
	l.refs = refs
	for _, used := range refs.locals {
		diags = append(diags, c.setLocal(used, append(path, l))...)
	}
	l.state = visited
	l.late = refs.usesTasks()
	if diags.HasErrors() || l.late {
		return diags
	}
	ctx := withSteps(c.root)
	ctx.Variables["local"] = localsObject(refs.locals)
	value, evalDiags := l.expr.Value(ctx)
	evalDiags = c.atRows(evalDiags)
	if !evalDiags.HasErrors() && !fitsNodes(value, maxValueNodes) {
		evalDiags = append(evalDiags, failf(l.where, "Value too large", "local.%s has more than %d elements, or more than %d MiB of text.", l.name, maxValueNodes, maxValueNodes*nodeBytes>>20))
	}
	if !evalDiags.HasErrors() {
		l.value = value
	}
	return append(diags, evalDiags...)
}

func localsObject(locals []*local) cty.Value {
	values := make(map[string]cty.Value, len(locals))
	for _, l := range locals {
		values[l.name] = l.value
	}
	return cty.ObjectVal(values)
}

// localCycle shows a cycle from its first member round to itself.
func localCycle(path []*local) *hcl.Diagnostic {
	last := path[len(path)-1]
	for path[0] != last {
		path = path[1:]
	}
	names := make([]string, len(path))
	for i, l := range path {
		names[i] = fmt.Sprintf("local.%s (%s)", l.name, place(l.where))
	}
	return failf(last.where, "Locals in a circle", "Each needs the next one's value: %s. Break the circle at one of them.", strings.Join(names, " -> "))
}

// fitsNodes reports whether a value has at most limit elements. It looks no
// further than that.
func fitsNodes(v cty.Value, limit int) bool {
	return countNodes(v, &limit)
}

func countNodes(v cty.Value, left *int) bool {
	v, _ = v.Unmark()
	*left--
	switch {
	case *left < 0:
		return false
	case v.IsNull() || !v.IsKnown():
	case v.Type() == cty.String:
		*left -= len(v.AsString()) / nodeBytes
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			if _, element := it.Element(); !countNodes(element, left) {
				return false
			}
		}
	}
	return *left >= 0
}
