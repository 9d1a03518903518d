package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"apixo-batch/spec/task"
)

// guard is a precondition or a postcondition of a task, or a precondition of an
// output.
type guard struct {
	kind               string // "precondition" or "postcondition"
	condition, message hcl.Expression
	refs               references // of both
	late               []*local
	mentions           []taskUse
}

// What self is in a guard. Before the submit there is only what will be sent.
var (
	selfBefore = []string{"input", "model", "name", "key"}
	selfAfter  = []string{"files", "urls", "result", "cost", "task_id", "input", "model", "name", "key"}
)

// checkGuards reads the guards of a task, and lists the tasks that they use: an
// instance waits for those, since it cannot be judged without them.
func (c *configuration) checkGuards(b *taskBlock) (uses []taskUse, diags hcl.Diagnostics) {
	for _, kind := range []struct {
		name string
		self []string
		into *[]*guard
	}{{"precondition", selfBefore, &b.before}, {"postcondition", selfAfter, &b.after}} {
		in := b.scope()
		in.tasks, in.self = true, kind.self
		for _, found := range b.content.Blocks.OfType(kind.name) {
			g, guardDiags := c.checkGuard(found, in)
			diags = append(diags, guardDiags...)
			if guardDiags.HasErrors() {
				continue
			}
			g.kind = kind.name
			*kind.into = append(*kind.into, g)
			uses = append(uses, g.mentions...)
			b.refs.eachInput = b.refs.eachInput || g.refs.eachInput
		}
	}
	return uses, diags
}

func (c *configuration) checkGuard(b *hcl.Block, in scope) (*guard, hcl.Diagnostics) {
	content, diags := guardGrammar.content(b.Body)
	g := &guard{}
	for _, part := range []struct {
		name, example string
		into          *hcl.Expression
	}{
		{"condition", "condition = length(var.style) > 0", &g.condition},
		{"error_message", `error_message = "A style is needed."`, &g.message},
	} {
		attribute := content.Attributes[part.name]
		if attribute == nil {
			diags = append(diags, failf(b.DefRange, fmt.Sprintf("%s without %s", b.Type, part.name), "Add a line such as: %s", part.example))
			continue
		}
		refs, refDiags := c.references(attribute.Expr, in)
		diags = append(diags, refDiags...)
		*part.into, g.refs = attribute.Expr, g.refs.and(refs)
	}
	g.late = lateLocals(g.refs.locals)
	g.mentions = mentionsOf(g.refs, g.late)
	return g, diags
}

// and is what two expressions use together.
func (r references) and(other references) references {
	r.tasks = slices.Concat(r.tasks, other.tasks)
	for _, l := range other.locals {
		if !slices.Contains(r.locals, l) {
			r.locals = append(r.locals, l)
		}
	}
	r.eachInput = r.eachInput || other.eachInput
	return r
}

// verdict is what came of a condition.
type verdict int

const (
	unknown verdict = iota // it uses what is not known yet
	passes
	fails
)

// judge evaluates a guard. The message says what is wrong where it fails, which a
// condition that cannot be evaluated does not: that is an error.
func (g *guard) judge(ctx *hcl.EvalContext) (verdict, string, hcl.Diagnostics) {
	truth, diags := truthOf(g.condition, ctx)
	switch {
	case diags.HasErrors():
		return fails, "", diags
	case !truth.IsKnown():
		return unknown, "", diags
	case truth.True():
		return passes, "", diags
	}
	return fails, g.explain(ctx), diags
}

// truthOf is true, false or unknown: what a condition comes to. One that can be neither
// true nor false is an error, which tells nothing sensitive.
func truthOf(condition hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := condition.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	plain, _ := value.Unmark()
	truth, err := convert.Convert(plain, cty.Bool)
	if err == nil && !truth.IsNull() {
		return truth, diags
	}
	shown := describe(plain)
	switch {
	case hasMarkDeep(value, sensitiveMark):
		shown = "a sensitive value"
	case !plain.IsKnown():
		shown = describeType(plain.Type())
	}
	return cty.NilVal, append(diags, failf(condition.Range(), "Invalid condition", "It must be true or false, not %s.", shown))
}

// maxGuardText bounds what is kept of a message.
const maxGuardText = 2000

// explain is error_message. Where that cannot be shown, the place says it.
func (g *guard) explain(ctx *hcl.EvalContext) string {
	value, diags := g.message.Value(ctx)
	if !diags.HasErrors() && hasMarkDeep(value, sensitiveMark) {
		return "its error_message uses a sensitive value and is not shown"
	}
	if !diags.HasErrors() && hasMarkDeep(value, volatileMark) {
		return "its error_message differs at each evaluation and is not shown"
	}
	value, _ = value.UnmarkDeep()
	text, err := convert.Convert(value, cty.String)
	if diags.HasErrors() || err != nil || text.IsNull() || !text.IsKnown() {
		return "its error_message is not known"
	}
	return clip(strings.TrimSpace(text.AsString()), maxGuardText)
}

// guardContext is what a guard of an instance sees, with self.
func (ev *evaluator) guardContext(i *Instance, g *guard, self map[string]cty.Value) (*hcl.EvalContext, hcl.Diagnostics) {
	ctx, diags := ev.fullContext(i)
	uses := usesOf(g.mentions, ctx)
	diags = append(diags, ev.addTasks(ctx, uses, g.refs.locals, g.late)...)
	self["input"], self["model"] = ev.inputOf(i), cty.StringVal(i.Model)
	self["name"], self["key"] = cty.StringVal(i.Address.Name), cty.StringVal(i.Address.Key.Text())
	ctx.Variables["self"] = cty.ObjectVal(self)
	return ctx, diags
}

// Preconditions evaluates the preconditions with the results there are. err is
// hcl.Diagnostics that name each that is false, with the values that it saw; nil
// where some cannot be known yet.
func (i *Instance) Preconditions(lookup Lookup) error {
	ev := &evaluator{config: i.expand.config, lookup: lookup}
	var diags hcl.Diagnostics
	for _, g := range i.expand.block.before {
		ctx, guardDiags := ev.guardContext(i, g, map[string]cty.Value{})
		if guardDiags.HasErrors() {
			diags = append(diags, guardDiags...)
			continue
		}
		diags = append(diags, ev.config.failing([]*guard{g}, ctx)...)
	}
	if diags.HasErrors() {
		return merge(about(i, diags))
	}
	return nil
}

// failing reports the preconditions that are false, with the values that they saw.
func (c *configuration) failing(guards []*guard, ctx *hcl.EvalContext) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, g := range guards {
		found, message, guardDiags := g.judge(ctx)
		diags = append(diags, c.atRows(guardDiags)...)
		if found == fails && !guardDiags.HasErrors() {
			diags = append(diags, failf(g.condition.Range(), "Precondition is false", "%s%s", message, c.seen(g.condition, ctx)))
		}
	}
	return diags
}

// Guarded reports whether the instance has preconditions, and postconditions.
func (i *Instance) Guarded() (before, after bool) {
	if i.expand == nil {
		return false, false
	}
	return len(i.expand.block.before) > 0, len(i.expand.block.after) > 0
}

// Finished is what a postcondition sees of an instance whose files are on disk.
type Finished struct {
	task.Outcome
	Saved []File // in the order of the result
}

// File is a file of a result, as it was saved.
type File struct {
	Path   string // relative to the configuration's directory, with slashes
	Bytes  int64
	SHA256 string // hexadecimal
}

// Postconditions evaluates the postconditions for a result. why is one line on
// those that are false, "" if all hold. A postcondition that cannot be evaluated
// counts as false: the result is there and paid for, whatever the expression.
// known is false if one needs the result of another instance that has none now.
func (i *Instance) Postconditions(lookup Lookup, f Finished) (why string, known bool) {
	ev := &evaluator{config: i.expand.config, lookup: lookup}
	var reasons []string
	known = true
	for _, g := range i.expand.block.after {
		ctx, diags := ev.guardContext(i, g, f.self())
		found, message := fails, ""
		if !diags.HasErrors() {
			found, message, diags = g.judge(ctx)
		}
		diags = i.expand.config.hidden(diags)
		at := "postcondition at " + place(g.condition.Range())
		switch {
		case diags.HasErrors():
			reasons = append(reasons, at+" cannot be evaluated: "+clip(oneLine(diags[0].Summary+"; "+diags[0].Detail), maxGuardText))
		case found == fails:
			reasons = append(reasons, at+": "+oneLine(message+i.expand.config.seen(g.condition, ctx)))
		case found == unknown:
			known = false
		}
	}
	return task.NewRedactor(i.expand.config.secrets()).Text(strings.Join(reasons, "; ")), known || len(reasons) > 0
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (f Finished) self() map[string]cty.Value {
	files := make([]cty.Value, len(f.Saved))
	for n, file := range f.Saved {
		files[n] = cty.ObjectVal(map[string]cty.Value{
			"path": cty.StringVal(file.Path), "bytes": cty.NumberIntVal(file.Bytes), "sha256": cty.StringVal(file.SHA256),
		})
	}
	return map[string]cty.Value{
		"files": cty.TupleVal(files), "urls": textList(f.URLs), "result": resultValue(f.Result),
		"cost": costValue(f.Outcome), "task_id": cty.StringVal(f.TaskID),
	}
}

// maxSeen bounds the values that are shown of a condition.
const maxSeen = 5

// seen shows the values that a condition rests on: " (var.size is 3)"; "" if there
// are none to show. Of sensitive ones it says no more than that.
func (c *configuration) seen(condition hcl.Expression, ctx *hcl.EvalContext) string {
	var shown []string
	for _, traversal := range condition.Variables() {
		where := traversal.SourceRange()
		file := c.sources[where.Filename]
		value, diags := traversal.TraverseAbs(ctx)
		if diags.HasErrors() || file == nil || !where.CanSliceBytes(file.Bytes) || len(shown) == maxSeen || !simple(value) || hasMarkDeep(value, volatileMark) {
			continue
		}
		text := string(where.SliceBytes(file.Bytes)) + " is " + describe(value)
		if !slices.Contains(shown, text) {
			shown = append(shown, text)
		}
	}
	if len(shown) == 0 {
		return ""
	}
	return " (" + strings.Join(shown, ", ") + ")"
}

// simple reports whether a value can be shown in few words.
func simple(v cty.Value) bool {
	t := v.Type()
	return v.IsMarked() || t == cty.String || t == cty.Number || t == cty.Bool
}

// JoinErrors makes one error of several, which is hcl.Diagnostics; equal ones are
// counted. It is nil of none.
func JoinErrors(errs []error) error {
	var all hcl.Diagnostics
	for _, err := range errs {
		var diags hcl.Diagnostics
		switch {
		case err == nil:
		case errors.As(err, &diags):
			all = append(all, diags...)
		default:
			all = append(all, fileError("Not possible", "%v.", err))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return byPlace(merge(all))
}
