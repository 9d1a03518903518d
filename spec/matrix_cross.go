package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// combination is one instance of a matrix.
type combination struct {
	values []axisValue          // by axis
	extras map[string]cty.Value // from include blocks; nil if there are none
}

// cross makes the instances of a matrix: all combinations of the axes, the
// first axis changing slowest, without those of exclude, then with what include
// adds. A key is the values of the axes, joined by slashes.
func (c *configuration) cross(b *taskBlock) ([]element, hcl.Diagnostics) {
	m := b.matrix
	diags := m.evaluate(c)
	if diags.HasErrors() {
		return nil, diags
	}
	if m.size() > c.maxInstances {
		return nil, append(diags, failf(m.where, "Too many instances", "The axes of task.%s have more than %d combinations. Split the configuration, or shorten an axis, or set max_instances in the batch block.", b.name, c.maxInstances))
	}
	for _, a := range m.axes {
		if len(a.values) == 0 {
			diags = append(diags, warnf(a.expr.Range(), "Empty axis", "%s has no values, so there is nothing to combine: task.%s has no instances but those that include adds.", a.name, b.name))
		}
	}
	combinations := m.product()
	combinations, excludeDiags := c.exclude(m, combinations)
	diags = append(diags, excludeDiags...)
	combinations, includeDiags := c.include(m, combinations)
	diags = append(diags, includeDiags...)
	if diags.HasErrors() {
		return nil, diags
	}
	list := make([]element, len(combinations))
	extras := m.extras()
	for n, combined := range combinations {
		list[n] = element{task.TextKey(combined.key()), partial{value: combined.object(m, extras)}}
	}
	return list, append(diags, c.checkKeys(list, m.where, false)...)
}

// size is the number of combinations, or more than mostInstances.
func (m *matrix) size() int {
	if slices.ContainsFunc(m.axes, func(a axis) bool { return len(a.values) == 0 }) {
		return 0
	}
	n := 1
	for _, a := range m.axes {
		if n *= len(a.values); n > mostInstances {
			break
		}
	}
	return n
}

func (m *matrix) product() []combination {
	if m.size() == 0 {
		return nil
	}
	list := []combination{{}}
	for _, a := range m.axes {
		longer := make([]combination, 0, len(list)*len(a.values))
		for _, shorter := range list {
			for _, value := range a.values {
				values := append(slices.Clip(shorter.values), value)
				longer = append(longer, combination{values: values})
			}
		}
		list = longer
	}
	return list
}

func (cb *combination) key() string {
	texts := make([]string, len(cb.values))
	for n, value := range cb.values {
		texts[n] = value.text
	}
	return strings.Join(texts, "/")
}

// object is matrix in expressions. What no include gives this combination is
// null.
func (cb *combination) object(m *matrix, extras []string) cty.Value {
	values := make(map[string]cty.Value, len(cb.values)+len(extras))
	for n, value := range cb.values {
		values[m.axes[n].name] = value.value
	}
	for _, name := range extras {
		if value, ok := cb.extras[name]; ok {
			values[name] = value
		} else {
			values[name] = cty.NullVal(cty.DynamicPseudoType)
		}
	}
	return cty.ObjectVal(values)
}

// given is what an include or exclude block says: values of axes, and others.
type given struct {
	axes   []*axisValue // by axis; nil where nothing is said
	extras map[string]cty.Value
}

func (g *given) matches(cb *combination) bool {
	for n, value := range g.axes {
		if value != nil && value.text != cb.values[n].text {
			return false
		}
	}
	return true
}

// evaluate reads an include or exclude block.
func (ch *change) evaluate(c *configuration, m *matrix) (*given, hcl.Diagnostics) {
	g := &given{axes: make([]*axisValue, len(m.axes)), extras: make(map[string]cty.Value)}
	d := &decoder{c: c, ctx: withSteps(c.root), content: &hcl.BodyContent{Attributes: ch.attributes}}
	for _, attribute := range inOrder(ch.attributes) {
		n := m.axis(attribute.Name)
		if n < 0 {
			v, diags := attribute.Expr.Value(d.ctx)
			d.diags = append(d.diags, diags...)
			g.extras[attribute.Name] = v
			continue
		}
		v, ok := d.evaluated(attribute.Name, cty.DynamicPseudoType)
		if !ok && len(d.diags) > 0 {
			continue
		}
		if !ok || v.CanIterateElements() {
			d.fail(attribute.Name, "Invalid value of an axis", "It is %s; it must be one value of the axis. Write a block for each.", describe(v))
			continue
		}
		text, wrong := scalarText(v)
		if wrong != "" {
			d.fail(attribute.Name, "Invalid value of an axis", "%s %s.", describe(v), wrong)
			continue
		}
		g.axes[n] = &axisValue{v, text}
	}
	return g, d.diags
}

// exclude removes the combinations that have all the values of an exclude block.
func (c *configuration) exclude(m *matrix, list []combination) ([]combination, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	for n := range m.excludes {
		g, changeDiags := m.excludes[n].evaluate(c, m)
		diags = append(diags, changeDiags...)
		if changeDiags.HasErrors() {
			continue
		}
		var kept []combination
		for _, cb := range list {
			if !g.matches(&cb) {
				kept = append(kept, cb)
			}
		}
		if len(kept) == len(list) && len(list) > 0 {
			diags = append(diags, warnf(m.excludes[n].where, "Nothing to exclude", "No combination has these values. Is one misspelt?"))
		}
		list = kept
	}
	return list, diags
}

// include adds values to the combinations that have those the block gives for
// axes. If there is none, the block is a combination of its own, which needs a
// value for each axis. Later blocks can change what earlier ones added, but not
// the values of an axis.
func (c *configuration) include(m *matrix, list []combination) ([]combination, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	original := len(list)
	own := make(map[string]*change)
	for n := range m.includes {
		ch := &m.includes[n]
		g, changeDiags := ch.evaluate(c, m)
		diags = append(diags, changeDiags...)
		if changeDiags.HasErrors() || g.extend(list[:original]) {
			continue
		}
		added, missing := g.combination(m)
		if missing != "" && original == 0 {
			continue // there is nothing that it could add to
		}
		if missing != "" {
			diags = append(diags, failf(ch.where, "Include matches nothing", "No combination has these values, so this would be one of its own, but it gives no value for %s. Is a value misspelt?", missing))
			continue
		}
		if first, ok := own[added.key()]; ok {
			diags = append(diags, failf(ch.where, "Duplicate combination", "The include at %s makes %q, too. Put what both say into one.", place(first.where), added.key()))
			continue
		}
		own[added.key()] = ch
		list = append(list, added)
	}
	return list, diags
}

// extend adds the values that are not those of axes to what matches, and
// reports whether anything did.
func (g *given) extend(list []combination) bool {
	found := false
	for n := range list {
		cb := &list[n]
		if !g.matches(cb) {
			continue
		}
		found = true
		for name, value := range g.extras {
			if cb.extras == nil {
				cb.extras = make(map[string]cty.Value)
			}
			cb.extras[name] = value
		}
	}
	return found
}

// combination is what the block says as one of its own, or the name of an axis
// that it says nothing of.
func (g *given) combination(m *matrix) (cb combination, missing string) {
	for n, value := range g.axes {
		if value == nil {
			return cb, m.axes[n].name
		}
		cb.values = append(cb.values, *value)
	}
	cb.extras = g.extras
	return cb, ""
}
