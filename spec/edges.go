package spec

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"apixo-batch/spec/task"
)

// use is what an instance uses of one task block.
type use struct {
	block     *taskBlock
	whole     bool
	instances []*Instance // all of the block's if whole
	input     bool
}

// maxEdges bounds the dependencies that are stored one by one.
const maxEdges = 5_000_000

// mention notes the tasks that the block uses.
func (b *taskBlock) mention(dependsOn []taskUse) {
	b.mentions = mentionsOf(b.refs, b.late)
	b.values = len(b.mentions)
	b.mentions = append(b.mentions, dependsOn...)
	b.byKeys = slices.ContainsFunc(b.refs.picks, func(p pick) bool { return !p.written }) || slices.ContainsFunc(b.mentions, func(u taskUse) bool { return u.keyExpr != nil })
}

// mentionsOf lists the mentions of tasks in an expression and in the locals
// that it uses.
func mentionsOf(refs references, late []*local) []taskUse {
	mentions := slices.Clone(refs.tasks)
	for _, l := range late {
		mentions = append(mentions, l.refs.tasks...)
	}
	return mentions
}

// resolve finds the instances that an instance uses. With hints, an error says
// what else there is, which takes a search through all keys.
func (c *configuration) resolve(i *Instance, hints bool) hcl.Diagnostics {
	e := i.expand
	e.using = new(using)
	var diags hcl.Diagnostics
	var all []use
	ctx := (&evaluator{config: c}).plainContext(i)
	for n, mention := range e.block.mentions {
		found, useDiags := mention.resolve(ctx, hints)
		diags = append(diags, useDiags...)
		if found.block == nil {
			continue
		}
		all = addUse(all, found)
		if n < e.block.values {
			e.uses = addUse(e.uses, found)
		}
	}
	pickUses, pickDiags := c.resolvePicks(i, ctx, hints)
	diags = append(diags, pickDiags...)
	all = addUses(all, pickUses)
	i.DependsOn = c.addressesOf(partial{source: e.source, later: e.later}.addUses(all))
	if len(e.block.triggers) > 0 { // which may be the instance's alone
		i.InstanceSettings = new(*i.InstanceSettings)
	}
	i.Lifecycle = e.block.lifecycle
	i.Lifecycle.Triggers = c.triggersOf(e.block.triggers, ctx)
	return diags
}

// usesOf resolves mentions that were found to be right before.
func usesOf(mentions []taskUse, ctx *hcl.EvalContext) []use {
	var uses []use
	for _, mention := range mentions {
		if found, _ := mention.resolve(ctx, false); found.block != nil {
			uses = addUse(uses, found)
		}
	}
	return uses
}

// triggersOf resolves mentions that were found to be right before.
func (c *configuration) triggersOf(mentions []taskUse, ctx *hcl.EvalContext) []Trigger {
	var triggers []Trigger
	for _, mention := range mentions {
		found, _ := mention.resolve(ctx, false)
		if found.block == nil {
			continue
		}
		name := "task." + found.block.name
		if !found.whole && len(found.instances) == 1 {
			name = found.instances[0].Address.String()
		}
		triggers = append(triggers, Trigger{name, c.addressesOf([]use{found})})
	}
	return triggers
}

// resolve finds what one mention of a task stands for. It is the whole task
// where the key cannot be told; nothing if the key does not exist and
// evaluation has to decide what that means.
func (u taskUse) resolve(ctx *hcl.EvalContext, hints bool) (use, hcl.Diagnostics) {
	whole := use{block: u.block, whole: true, instances: u.block.instances, input: u.input}
	if u.block.mode() == unkeyed || u.whole() {
		return whole, nil
	}
	key := u.key
	if u.keyExpr != nil {
		var diags hcl.Diagnostics
		if key, diags = u.keyExpr.Value(ctx); diags.HasErrors() {
			return whole, nil // reported when the input is evaluated
		}
	}
	key, sensitive, _ := unmark(key)
	if !key.IsKnown() || key.IsNull() {
		return whole, nil
	}
	if instance, ok := u.block.instance(u.block.keyFrom(key)); ok {
		return use{block: u.block, instances: []*Instance{instance}, input: u.input}, nil
	}
	if u.guarded {
		return use{block: u.block, input: u.input}, nil
	}
	if sensitive {
		return use{}, hcl.Diagnostics{failf(u.where, "No such instance", "task.%s has no such key. It is sensitive and is not shown.", u.block.name)}
	}
	return use{}, hcl.Diagnostics{u.missing(key, hints)}
}

// keyFrom converts a value to a key as the block has them; the zero Key, which
// no keyed instance has, if that is impossible.
func (b *taskBlock) keyFrom(v cty.Value) task.Key {
	if b.mode() == counted {
		number, err := convert.Convert(v, cty.Number)
		if err != nil {
			return task.Key{}
		}
		n, accuracy := number.AsBigFloat().Int64()
		if accuracy != 0 || n < 0 || n > mostInstances {
			return task.Key{}
		}
		return task.IndexKey(int(n))
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil {
		return task.Key{}
	}
	return task.TextKey(text.AsString())
}

func (u taskUse) missing(key cty.Value, hints bool) *hcl.Diagnostic {
	const summary = "No such instance"
	b := u.block
	switch {
	case !hints:
		return failf(u.where, summary, "task.%s has no key %s.", b.name, describe(key))
	case len(b.instances) == 0:
		return failf(u.where, summary, "task.%s has no instances.", b.name)
	case b.mode() == counted && key.Type() == cty.String:
		return failf(u.where, summary, "task.%s has count, so name the instance by a number first: task.%s[0].urls", b.name, b.name)
	case b.mode() == counted:
		return failf(u.where, summary, "task.%s has count, with the indexes from 0 to %d; there is no %s.", b.name, len(b.instances)-1, describe(key))
	}
	texts := make([]string, len(b.instances))
	for n, i := range b.instances {
		texts[n] = i.Address.Key.Text()
	}
	text := ""
	if k, err := convert.Convert(key, cty.String); err == nil {
		text = k.AsString()
	}
	hint := suggest(text, texts)
	if slices.Contains(taskAttributes[:], text) && b.mode() == crossed {
		hint = fmt.Sprintf(" task.%s has a matrix, so name the instance first: task.%s[%q].%s", b.name, b.name, texts[0], text)
	} else if slices.Contains(taskAttributes[:], text) {
		hint = fmt.Sprintf(" task.%s has for_each, so name the instance first: task.%s[each.key].%s", b.name, b.name, text)
	} else if hint == "" && len(texts) > 0 {
		hint = " The first of its " + strconv.Itoa(len(texts)) + " keys is " + strconv.Quote(clip(texts[0], 40)) + "."
	}
	return failf(u.where, summary, "task.%s has no key %q.%s", b.name, clip(text, 60), hint)
}

// addUse adds what is used of a block to what was found before.
func addUse(uses []use, found use) []use {
	for n := range uses {
		u := &uses[n]
		if u.block != found.block {
			continue
		}
		u.input = u.input || found.input
		switch {
		case u.whole:
		case found.whole:
			u.whole, u.instances = true, found.instances
		default:
			for _, i := range found.instances {
				if !slices.Contains(u.instances, i) {
					u.instances = append(u.instances, i)
				}
			}
		}
		return uses
	}
	return append(uses, found)
}

// addressesOf lists the addresses of all that is used, sorted. Instances that
// use the same one task as a whole share the list.
func (c *configuration) addressesOf(uses []use) []task.Address {
	if len(uses) == 0 {
		return nil
	}
	if len(uses) == 1 && uses[0].whole {
		return slices.Clip(uses[0].block.allAddresses())
	}
	var addresses []task.Address
	for _, u := range uses {
		for _, i := range u.instances {
			addresses = append(addresses, i.Address)
		}
	}
	c.edges += len(addresses)
	slices.SortFunc(addresses, task.Address.Compare)
	return slices.Compact(addresses)
}
