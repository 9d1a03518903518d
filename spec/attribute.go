package spec

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// decoder evaluates the attributes of one block and collects what is wrong
// with them. An attribute that is absent or null reads as its zero value.
type decoder struct {
	c       *configuration
	content *hcl.BodyContent
	scope   scope
	ctx     *hcl.EvalContext
	diags   hcl.Diagnostics
}

// decoder reads a block that sees variables and locals only.
func (c *configuration) decoder(content *hcl.BodyContent) *decoder {
	return &decoder{c: c, content: content, ctx: withSteps(c.root)}
}

// inner reads the block of the given type within d's, nil if there is none.
func (d *decoder) inner(name string, g grammar) *decoder {
	b, diags := single(d.content, name)
	d.diags = append(d.diags, diags...)
	if b == nil {
		return nil
	}
	content, contentDiags := g.content(b.Body)
	return &decoder{c: d.c, content: content, scope: d.scope, ctx: d.ctx, diags: contentDiags}
}

func (d *decoder) placeOf(name string) hcl.Range {
	if attribute := d.content.Attributes[name]; attribute != nil {
		return attribute.Expr.Range()
	}
	return hcl.Range{}
}

func (d *decoder) fail(name, summary, detail string, args ...any) {
	d.diags = append(d.diags, failf(d.placeOf(name), summary, detail, args...))
}

// value evaluates an attribute and converts it. It is not ok if the attribute
// is absent, null or wrong.
func (d *decoder) value(name string, want cty.Type) (cty.Value, bool) {
	attribute := d.content.Attributes[name]
	if attribute == nil {
		return cty.NilVal, false
	}
	if refs, diags := d.c.references(attribute.Expr, d.scope); diags.HasErrors() || refs.usesTasks() {
		if !diags.HasErrors() {
			d.fail(name, "Result used too early", "%s must be known before any task has run, so it cannot use a task. Use variables, locals, or each.key.", name)
		}
		d.diags = append(d.diags, diags...)
		return cty.NilVal, false
	}
	return d.evaluated(name, want)
}

// evaluated is value for an attribute that is there and whose references are
// checked.
func (d *decoder) evaluated(name string, want cty.Type) (cty.Value, bool) {
	v, diags := d.content.Attributes[name].Expr.Value(d.ctx)
	d.diags = append(d.diags, d.c.atRows(diags)...)
	if diags.HasErrors() {
		return cty.NilVal, false
	}
	return d.plain(name, v, want)
}

// plain converts a value that has to be known and may be shown.
func (d *decoder) plain(name string, v cty.Value, want cty.Type) (cty.Value, bool) {
	switch {
	case hasMarkDeep(v, sensitiveMark):
		d.fail(name, "Sensitive value", "%s is shown in plans and messages, so it cannot use a sensitive value.", name)
		return cty.NilVal, false
	case hasMarkDeep(v, volatileMark):
		d.fail(name, "Value that changes at each run", "%s", changesEachRun)
		return cty.NilVal, false
	}
	v, _ = v.UnmarkDeep()
	result, err := converted(v, want)
	if err != nil {
		d.fail(name, "Invalid "+name, "It must be %s, not %s.", describeType(want), describe(v))
		return cty.NilVal, false
	}
	if !result.IsWhollyKnown() {
		d.fail(name, "Result used too early", "%s must be known before any task has run, and this is known after apply only.", name)
		return cty.NilVal, false
	}
	return result, !result.IsNull()
}

// changesEachRun explains why a volatile value is refused.
const changesEachRun = "This is made with timestamp(), uuid() or the like and differs at each run: it would buy everything again at each run. Put a fixed value into a variable instead."

func (d *decoder) text(name string) string {
	v, ok := d.value(name, cty.String)
	if !ok {
		return ""
	}
	if v.AsString() == "" {
		d.fail(name, "Invalid "+name, "It is empty. Leave the line out if nothing is to be set.")
	}
	return v.AsString()
}

func (d *decoder) boolean(name string) bool {
	v, ok := d.value(name, cty.Bool)
	return ok && v.True()
}

func (d *decoder) wholeNumber(name string, low, high int) (int, bool) {
	v, ok := d.value(name, cty.Number)
	if !ok {
		return 0, false
	}
	f := v.AsBigFloat()
	n, _ := f.Int64()
	if !f.IsInt() || n < int64(low) || n > int64(high) {
		d.fail(name, "Invalid "+name, "It is %s; it must be a whole number from %d to %d.", describe(v), low, high)
		return 0, false
	}
	return int(n), true
}

// maxDuration bounds durations; more is a slip.
const maxDuration = 30 * 24 * time.Hour

// duration reads a positive duration such as "90s" or "1h30m".
func (d *decoder) duration(name string) time.Duration {
	v, ok := d.value(name, cty.String)
	if !ok {
		return 0
	}
	duration, err := time.ParseDuration(v.AsString())
	if err != nil || duration <= 0 || duration > maxDuration {
		d.fail(name, "Invalid "+name, `It is %q; it must be a duration above zero and of at most 720h, such as "90s", "15m" or "1h30m".`, v.AsString())
		return 0
	}
	return duration
}

// describe shows a small value, and the type of a larger one. It must not be
// given a sensitive value.
func describe(v cty.Value) string {
	switch {
	case v.IsMarked():
		return "a sensitive value"
	case !v.IsKnown():
		return "a value that is known after apply"
	case v.IsNull():
		return "null"
	case v.Type() == cty.String:
		return fmt.Sprintf("the text %q", clip(v.AsString(), 60))
	case v.Type() == cty.Number && isFar(v.AsBigFloat()):
		return "a number that is out of range"
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('g', 12)
	case v.Type() == cty.Bool:
		return fmt.Sprint(v.True())
	default:
		return describeType(v.Type())
	}
}

func describeType(t cty.Type) string {
	switch {
	case t == cty.String:
		return "a text"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsTupleType():
		return "a list"
	case t.IsObjectType():
		return "an object"
	default:
		return "a " + t.FriendlyName()
	}
}

func clip(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return s
}
