package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// matrix is a matrix block: axes, whose values are combined, and changes to the
// combinations.
type matrix struct {
	where    hcl.Range
	axes     []axis // in the order of the file
	includes []change
	excludes []change
}

// axis is one axis of a matrix, and its values once they are evaluated.
type axis struct {
	name   string
	expr   hcl.Expression
	values []axisValue
}

// axisValue is a scalar, and how it stands in a key.
type axisValue struct {
	value cty.Value
	text  string
}

// change is an include or exclude block.
type change struct {
	attributes hcl.Attributes
	where      hcl.Range
}

const (
	// maxAxes bounds the axes of a matrix.
	maxAxes = 32
	// maxChanges bounds its include and exclude blocks: each looks at all
	// combinations.
	maxChanges = 1_000
)

// checkMatrix reads the matrix block and checks the references in it.
func (c *configuration) checkMatrix(b *taskBlock) hcl.Diagnostics {
	block, diags := single(b.content, "matrix")
	if block == nil {
		return diags
	}
	attributes, blocks, bodyDiags := matrixBody(block.Body)
	diags = append(diags, bodyDiags...)
	b.matrix = &matrix{where: block.DefRange}
	for _, attribute := range inOrder(attributes) {
		diags = append(diags, c.checkAxis(b.matrix, attribute)...)
	}
	for _, inner := range blocks {
		diags = append(diags, c.checkChange(b.matrix, inner)...)
	}
	switch {
	case diags.HasErrors():
	case len(b.matrix.axes) == 0:
		diags = append(diags, failf(block.DefRange, "Matrix without an axis", "Add a list of values under a name, as in seed = [1, 2, 3]; it is matrix.seed in input."))
	case len(b.matrix.axes) > maxAxes:
		diags = append(diags, failf(block.DefRange, "Too many axes", "The matrix has %d axes; at most %d are allowed.", len(b.matrix.axes), maxAxes))
	case len(blocks) > maxChanges:
		diags = append(diags, failf(block.DefRange, "Too many changes", "The matrix has %d include and exclude blocks; at most %d are allowed. Use for_each over a list of what is wanted.", len(blocks), maxChanges))
	}
	return diags
}

// matrixBody splits a matrix into axes, of any name, and blocks.
func matrixBody(body hcl.Body) (hcl.Attributes, hcl.Blocks, hcl.Diagnostics) {
	changes := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "include"}, {Type: "exclude"}}}
	if syntax, ok := body.(*hclsyntax.Body); ok { // whose JustAttributes allows no blocks
		for name := range syntax.Attributes {
			changes.Attributes = append(changes.Attributes, hcl.AttributeSchema{Name: name})
		}
		content, diags := body.Content(changes)
		return content.Attributes, content.Blocks, diags
	}
	content, rest, diags := body.PartialContent(changes)
	attributes, attributeDiags := rest.JustAttributes()
	diags = append(diags, attributeDiags...)
	return attributes, content.Blocks, append(diags, native(attributes, nil, false)...)
}

// inOrder lists attributes as they stand in the file.
func inOrder(attributes hcl.Attributes) []*hcl.Attribute {
	list := make([]*hcl.Attribute, 0, len(attributes))
	for _, attribute := range attributes {
		list = append(list, attribute)
	}
	slices.SortFunc(list, func(a, b *hcl.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return list
}

func (c *configuration) checkAxis(m *matrix, attribute *hcl.Attribute) hcl.Diagnostics {
	if name := attribute.Name; name == "include" || name == "exclude" {
		return hcl.Diagnostics{failf(attribute.NameRange, "Reserved name", "%q cannot be the name of an axis. To change the combinations, write a block for each: %s { style = \"noir\" }", name, name)}
	}
	m.axes = append(m.axes, axis{name: attribute.Name, expr: attribute.Expr})
	return c.checkEarly(attribute)
}

// checkEarly checks an expression that is evaluated before any task has run.
func (c *configuration) checkEarly(attribute *hcl.Attribute) hcl.Diagnostics {
	_, diags := c.references(attribute.Expr, scope{})
	return diags
}

// checkChange reads an include or exclude block.
func (c *configuration) checkChange(m *matrix, b *hcl.Block) hcl.Diagnostics {
	attributes, diags := b.Body.JustAttributes()
	diags = append(diags, native(attributes, nil, false)...)
	for _, attribute := range inOrder(attributes) {
		diags = append(diags, c.checkEarly(attribute)...)
		if b.Type == "exclude" && m.axis(attribute.Name) < 0 {
			diags = append(diags, failf(attribute.NameRange, "Unknown axis", "The matrix has no axis %q.%s", attribute.Name, suggest(attribute.Name, m.axisNames())))
		}
	}
	if len(attributes) == 0 {
		return append(diags, failf(b.DefRange, "Empty "+b.Type, "Add what tells the combinations that are meant, as in %s { style = \"noir\" }", b.Type))
	}
	found := change{attributes, b.DefRange}
	if b.Type == "include" {
		m.includes = append(m.includes, found)
	} else {
		m.excludes = append(m.excludes, found)
	}
	return diags
}

// axis is the index of an axis, -1 if there is none of the name.
func (m *matrix) axis(name string) int {
	return slices.IndexFunc(m.axes, func(a axis) bool { return a.name == name })
}

func (m *matrix) axisNames() []string {
	names := make([]string, len(m.axes))
	for n, a := range m.axes {
		names[n] = a.name
	}
	return names
}

// extras are the names that include blocks add to those of the axes, sorted.
func (m *matrix) extras() []string {
	added := make(map[string]bool)
	for _, include := range m.includes {
		for name := range include.attributes {
			if m.axis(name) < 0 {
				added[name] = true
			}
		}
	}
	return sortedKeys(added)
}

// names are those that can follow "matrix." in expressions.
func (m *matrix) names() []string { return append(m.axisNames(), m.extras()...) }

// evaluate gives each axis its values.
func (m *matrix) evaluate(c *configuration) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for n := range m.axes {
		a := &m.axes[n]
		d := &decoder{c: c, ctx: withSteps(c.root), content: &hcl.BodyContent{Attributes: hcl.Attributes{a.name: {Expr: a.expr}}}}
		d.axis(a)
		diags = append(diags, c.atRows(d.diags)...)
	}
	return diags
}

func (d *decoder) axis(a *axis) {
	v, ok := d.evaluated(a.name, cty.DynamicPseudoType)
	switch t := v.Type(); {
	case len(d.diags) > 0:
		return
	case !ok:
		d.fail(a.name, "Invalid axis", "%s is null; it must be a list of texts, numbers, or true and false.", a.name)
		return
	case !t.IsListType() && !t.IsTupleType() && !t.IsSetType():
		d.fail(a.name, "Invalid axis", "%s is %s; it must be a list, if only of one: %s = [%s]%s", a.name, describe(v), a.name, "…", keysHint(t))
		return
	}
	first := make(map[string]int, v.LengthInt())
	a.values = a.values[:0]
	for it := v.ElementIterator(); it.Next(); {
		_, value := it.Element()
		text, wrong := scalarText(value)
		at := len(a.values)
		if wrong == "" && text != "" {
			if other, ok := first[text]; ok {
				wrong = fmt.Sprintf("is there twice: as %s[%d] and as %s[%d]. Each value stands for instances of its own", a.name, other, a.name, at)
			}
		}
		if wrong != "" {
			d.fail(a.name, "Invalid axis", "%s[%d], %s, %s.", a.name, at, describe(value), wrong)
			return
		}
		first[text] = at
		a.values = append(a.values, axisValue{value, text})
	}
}

func keysHint(t cty.Type) string {
	if t.IsObjectType() || t.IsMapType() {
		return ". For the keys of a map write keys(…)"
	}
	return ""
}

var escapeSegment = strings.NewReplacer("%", "%25", "/", "%2F")

// scalarText writes a value as it stands in a key, or says why it cannot.
func scalarText(v cty.Value) (text, wrong string) {
	if v.IsNull() {
		return "", "cannot be a value of an axis"
	}
	switch v.Type() {
	case cty.String:
		return escapeSegment.Replace(v.AsString()), ""
	case cty.Bool:
		return fmt.Sprint(v.True()), ""
	case cty.Number:
		text, err := decimal(v.AsBigFloat())
		if err != nil {
			return "", err.Error()
		}
		return text, ""
	}
	return "", "cannot be a value of an axis, which is part of the key and holds texts, numbers, or true and false. Keep such values in a map, use its keys as the axis, style = keys(local.styles), and look them up in input: local.styles[matrix.style]"
}
