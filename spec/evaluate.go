package spec

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"apixo-batch/spec/task"
)

// taskAttributes are those of a task's value.
var taskAttributes = [...]string{"urls", "files", "result", "task_id", "cost", "input"}

// evaluator evaluates expressions with what is known of the tasks at one time.
type evaluator struct {
	config *configuration
	lookup Lookup // nil if nothing has run
	// inputs are those evaluated for other instances' expressions, so that no
	// input is evaluated twice however many ways lead to it.
	inputs map[*Instance]cty.Value
}

// Evaluate gives the instance's input as far as it is known. An instance that
// it depends on and lookup does not know keeps the input from being Known,
// whatever the expression makes of it. The error is hcl.Diagnostics. A nil
// mask stands for one that hides every sensitive value behind the same text. The
// evaluation may be that of an earlier call, and is not to be changed; after an error
// it is empty. Evaluate may be called by several goroutines at a time.
func (i *Instance) Evaluate(lookup Lookup, mask Mask) (*Evaluation, error) {
	ev := &evaluator{config: i.expand.config, lookup: lookup}
	evaluation, diags := ev.evaluate(i, mask)
	if diags.HasErrors() {
		return new(Evaluation), merge(about(i, diags))
	}
	return evaluation, nil
}

// Forget lets go of the evaluation that Evaluate would give again. The next is made anew.
func (i *Instance) Forget() { i.expand.settled.Store(nil) }

func (ev *evaluator) evaluate(i *Instance, mask Mask) (*Evaluation, hcl.Diagnostics) {
	if settled := i.expand.settled.Load(); settled != nil {
		return settled, nil
	}
	missing := ev.missing(i.DependsOn)
	value, diags := ev.evaluateInput(i)
	if diags.HasErrors() {
		return nil, diags
	}
	where := i.expand.block.input.Range()
	if ev.config.namesSecret(i.Model, value) {
		return nil, append(diags, ev.seenBy(i, failf(where, "Sensitive name", "The input is sensitive as a whole, and a name in it is no parameter of the model that is known. Names are shown and stored, so they cannot be sensitive: write them in the file, as in input = { prompt = var.secret }.")))
	}
	encoded, err := encodeInput(value, mask)
	if err != nil {
		return nil, append(diags, ev.seenBy(i, failf(where, "Invalid input", "The input cannot be sent: %v.", err)))
	}
	evaluation := &Evaluation{parts: encoded.parts, Hidden: encoded.hidden, After: missing, coming: encoded.coming}
	if len(missing) == 0 && !encoded.complete {
		evaluation.After = ev.unfinished(i.DependsOn)
	}
	if len(evaluation.After) > 0 {
		evaluation.Draft = encoded.draft
		return evaluation, diags
	}
	if !encoded.complete {
		return nil, append(diags, failf(where, "Input cannot be known", "A part of it is unknown although every task that it uses has run: the input of one of them has an error now."))
	}
	evaluation.Request = task.CanonicalRequest(i.Model, encoded.input, encoded.body)
	evaluation.Known = true
	if len(i.DependsOn) == 0 && encoded.body == nil && len(diags) == 0 {
		i.expand.settled.Store(evaluation)
	}
	return evaluation, diags
}

// seenBy adds to a finding about the input what its expression saw of the
// instance.
func (ev *evaluator) seenBy(i *Instance, diag *hcl.Diagnostic) *hcl.Diagnostic {
	diag.Expression, diag.EvalContext = i.expand.block.input, ev.plainContext(i)
	return diag
}

// missing lists the addresses that have no outcome.
func (ev *evaluator) missing(addresses []task.Address) []task.Address {
	var missing []task.Address
	for _, address := range addresses {
		if _, ok := ev.outcome(address); !ok {
			missing = append(missing, address)
		}
	}
	return missing
}

// unfinished lists the addresses whose files are not all on disk.
func (ev *evaluator) unfinished(addresses []task.Address) []task.Address {
	return slices.DeleteFunc(slices.Clone(addresses), func(address task.Address) bool {
		outcome, ok := ev.outcome(address)
		return ok && outcome.Files != nil
	})
}

func (ev *evaluator) outcome(address task.Address) (task.Outcome, bool) {
	if ev.lookup == nil {
		return task.Outcome{}, false
	}
	return ev.lookup(address)
}

// evaluateInput evaluates the input expression.
func (ev *evaluator) evaluateInput(i *Instance) (cty.Value, hcl.Diagnostics) {
	e := i.expand
	ctx, diags := ev.fullContext(i)
	direct, late := e.block.refs.locals, e.block.late
	if len(e.whole) > 0 {
		direct = slices.Concat(direct, e.whole)
		late = lateLocals(direct)
	}
	diags = append(diags, ev.addTasks(ctx, e.uses, direct, late)...)
	diags = append(diags, ev.addPicked(ctx, e)...)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	value, evalDiags := e.block.input.Value(ctx)
	return ev.config.defaulted.under(value), append(diags, ev.config.atRows(evalDiags)...)
}

// fullContext is plainContext with each.value also where it is made from results.
func (ev *evaluator) fullContext(i *Instance) (*hcl.EvalContext, hcl.Diagnostics) {
	e := i.expand
	ctx := ev.plainContext(i)
	if e.later == nil {
		return ctx, nil
	}
	value, diags := ev.later(e.later)
	ctx.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"key": keyValue(i.Address.Key), "value": value})
	return ctx, diags
}

// plainContext is what an instance's expressions see besides tasks. Of an
// element that is made from results, it has what is known before.
func (ev *evaluator) plainContext(i *Instance) *hcl.EvalContext {
	e := i.expand
	ctx := withSteps(ev.config.root)
	switch e.block.mode() {
	case counted:
		ctx.Variables["count"] = cty.ObjectVal(map[string]cty.Value{"index": keyValue(i.Address.Key)})
	case crossed:
		ctx.Variables["matrix"] = e.value.value()
	case keyed:
		value := e.value.value()
		if e.source != nil {
			value = ev.taskValue(e.source, e.block.refs.eachInput)
		}
		ctx.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"key": keyValue(i.Address.Key), "value": value})
	}
	return ctx
}

// addTasks adds the values of tasks, and the locals that use them.
func (ev *evaluator) addTasks(ctx *hcl.EvalContext, uses []use, direct, late []*local) hcl.Diagnostics {
	if len(uses) == 0 {
		return nil
	}
	tasks := make(map[string]cty.Value, len(uses))
	for _, u := range uses {
		tasks[u.block.name] = ev.blockValue(u)
	}
	ctx.Variables["task"] = cty.ObjectVal(tasks)
	if len(late) == 0 {
		return nil
	}
	values := make(map[*local]cty.Value, len(late))
	var diags hcl.Diagnostics
	for _, l := range late {
		inner := withSteps(ev.config.root)
		inner.Variables["task"] = ctx.Variables["task"]
		inner.Variables["local"] = currentLocals(l.refs.locals, values)
		value, localDiags := l.expr.Value(inner)
		diags = append(diags, ev.config.atRows(localDiags)...)
		values[l] = value
	}
	ctx.Variables["local"] = currentLocals(direct, values)
	return diags
}

// currentLocals is the object local with the late ones as they are now.
func currentLocals(locals []*local, late map[*local]cty.Value) cty.Value {
	object := make(map[string]cty.Value, len(locals))
	for _, l := range locals {
		if value, ok := late[l]; ok {
			object[l.name] = value
		} else {
			object[l.name] = l.value
		}
	}
	return cty.ObjectVal(object)
}

// blockValue is the value of task.X: one task's, or those of its instances by
// key. If the expression uses single keys, the others are left out.
func (ev *evaluator) blockValue(u use) cty.Value {
	mode := u.block.mode()
	if mode == unkeyed {
		return ev.taskValue(u.instances[0], u.input)
	}
	if mode == counted && u.whole {
		list := make([]cty.Value, len(u.instances))
		for n, i := range u.instances {
			list[n] = ev.taskValue(i, u.input)
		}
		return cty.TupleVal(list)
	}
	object := make(map[string]cty.Value, len(u.instances))
	for _, i := range u.instances {
		object[i.Address.Key.Text()] = ev.taskValue(i, u.input)
	}
	return cty.ObjectVal(object)
}

// unknownTask are the attributes of a task that has not succeeded.
var unknownTask = map[string]cty.Value{
	"urls": cty.UnknownVal(cty.List(cty.String)), "files": cty.UnknownVal(cty.List(cty.String)), "result": cty.DynamicVal,
	"task_id": cty.UnknownVal(cty.String), "cost": cty.UnknownVal(cty.Number), "input": cty.DynamicVal,
}

// unknownTaskValue is all that is known of most tasks, so they share it.
var unknownTaskValue = cty.ObjectVal(unknownTask)

// taskValue is what expressions see of one instance.
func (ev *evaluator) taskValue(i *Instance, withInput bool) cty.Value {
	outcome, ok := ev.outcome(i.Address)
	if !ok && !withInput {
		return unknownTaskValue
	}
	attributes := maps.Clone(unknownTask)
	if ok {
		attributes["urls"] = textList(outcome.URLs)
		attributes["task_id"] = cty.StringVal(outcome.TaskID)
		attributes["result"] = resultValue(outcome.Result)
		attributes["cost"] = costValue(outcome)
		if outcome.Files != nil {
			attributes["files"] = textList(outcome.Files)
		}
	}
	if withInput {
		attributes["input"] = ev.inputOf(i)
	}
	return cty.ObjectVal(attributes)
}

// inputOf is the value of another instance's input; unknown if it is wrong,
// which is reported for that instance.
func (ev *evaluator) inputOf(i *Instance) cty.Value {
	if constant := i.expand.constant.Load(); constant != nil {
		return *constant
	}
	if value, ok := ev.inputs[i]; ok {
		return value
	}
	value, diags := ev.evaluateInput(i)
	if diags.HasErrors() {
		value = cty.DynamicVal
	}
	if len(i.expand.uses) == 0 && len(i.expand.picked) == 0 && i.expand.source == nil && i.expand.later == nil {
		i.expand.constant.Store(&value)
		return value
	}
	if ev.inputs == nil {
		ev.inputs = make(map[*Instance]cty.Value)
	}
	ev.inputs[i] = value
	return value
}

func textList(texts []string) cty.Value {
	if len(texts) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(texts))
	for n, text := range texts {
		values[n] = cty.StringVal(text)
	}
	return cty.ListVal(values)
}

// resultValue is the parsed resultJson, null if it is none, or out of bounds.
func resultValue(raw []byte) cty.Value {
	if _, err := checkJSON(raw); err != nil || !json.Valid(raw) {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	t, err := ctyjson.ImpliedType(raw)
	if err != nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	value, err := ctyjson.Unmarshal(raw, t)
	if err != nil || near(value) != nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return value
}

func costValue(outcome task.Outcome) cty.Value {
	if !outcome.Priced {
		return cty.NullVal(cty.Number)
	}
	return cty.MustParseNumberVal(outcome.Cost.Decimal())
}
