package spec

import (
	"slices"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// expansion is what an instance is evaluated with.
type expansion struct {
	config *configuration
	block  *taskBlock
	key    cty.Value // each.key or count.index
	partial
	uses    []use // the tasks whose values the input sees
	output  hcl.Expression
	indexed bool // the output path uses result.index
	// constant is the input's value once it was needed by another instance, if
	// it depends on no result.
	constant atomic.Pointer[cty.Value]
	// settled is the evaluation, once there was one, if it depends neither on
	// results nor on how sensitive values are masked.
	settled atomic.Pointer[Evaluation]
}

// expandTasks makes the instances of all blocks, dependencies first.
func (c *configuration) expandTasks(s *Spec) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range c.tasks {
		if b.failed = slices.ContainsFunc(b.uses(), func(used *taskBlock) bool { return used.failed }); b.failed {
			continue
		}
		elements, elementDiags := c.elements(b)
		diags = append(diags, elementDiags...)
		if total := len(s.Instances) + len(elements); total > c.maxInstances {
			return append(diags, failf(b.where, "Too many instances", "With task.%s there are %d instances; at most %d are allowed. Split the configuration, or set max_instances in the batch block.", b.name, total, c.maxInstances))
		}
		blockDiags := c.expand(b, elements, s)
		diags = append(diags, blockDiags...)
		b.failed = elementDiags.HasErrors() || blockDiags.HasErrors()
		s.Instances = append(s.Instances, b.instances...)
	}
	return diags
}

// element is one key of for_each, count or matrix, or the only one of a plain
// task.
type element struct {
	key task.Key
	partial
}

// partial is each.value or matrix before any task has run. At most one of
// source and later is set; neither if value is all of it.
type partial struct {
	value  cty.Value   // as far as it is known; NilVal if there is none
	source *Instance   // it is the value of this instance
	later  *laterValue // it is made from the results of tasks
}

// elements lists the keys of a block in their order.
func (c *configuration) elements(b *taskBlock) ([]element, hcl.Diagnostics) {
	switch {
	case b.mode() == unkeyed:
		return []element{{}}, nil
	case b.mode() == counted:
		d := c.decoder(b.content)
		n, _ := d.wholeNumber("count", 0, c.maxInstances)
		if len(d.diags) == 0 && b.content.Attributes["count"] != nil && d.isNull("count") {
			d.fail("count", "Invalid count", "It is null; it must be a whole number.")
		}
		list := make([]element, n)
		for i := range list {
			list[i].key = task.IndexKey(i)
		}
		return list, d.diags
	case b.matrix != nil:
		return c.cross(b)
	case b.source != nil:
		list := make([]element, len(b.source.instances))
		for i, source := range b.source.instances {
			list[i] = element{task.TextKey(source.Address.Key.Text()), partial{source: source}}
		}
		return list, nil
	default:
		return c.forEach(b)
	}
}

// isNull reports whether an attribute, which evaluates without errors, is null.
func (d *decoder) isNull(name string) bool {
	v, _ := d.content.Attributes[name].Expr.Value(d.ctx)
	return v.IsNull()
}

// expand makes the instances of one block.
func (c *configuration) expand(b *taskBlock, elements []element, s *Spec) hcl.Diagnostics {
	b.byKey = make(map[task.Key]*Instance, len(elements))
	b.instances = make([]*Instance, 0, len(elements))
	b.addresses = make([]task.Address, 0, len(elements))
	var diags hcl.Diagnostics
	var shared *Instance // its model, settings and uses serve all
	missing := 0         // errors about instances that do not exist
	instances := make([]Instance, len(elements))
	expansions := make([]expansion, len(elements))
	for n, element := range elements {
		i := &instances[n]
		i.Address = task.Address{Name: b.name, Key: element.key}
		i.expand = &expansions[n]
		i.expand.set(c, b, element)
		switch {
		case b.perInstance:
			diags = append(diags, about(i, c.configure(i, s))...)
		case shared == nil:
			diags = append(diags, c.configure(i, s)...)
		default:
			i.configureAs(shared)
		}
		if shared == nil || b.source != nil || b.derived || b.byKeys {
			resolveDiags := c.resolve(i, missing < hintsPerBlock)
			missing += len(resolveDiags)
			diags = append(diags, about(i, resolveDiags)...)
		} else {
			i.DependsOn, i.expand.uses = shared.DependsOn, shared.expand.uses
			i.Lifecycle = shared.Lifecycle
		}
		if shared == nil {
			shared = i
		}
		if c.edges > maxEdges {
			return append(diags, failf(b.where, "Too many dependencies", "Up to task.%s the instances use each other in more than %d ways. Use the instance that is needed, as in task.hero[each.key], in place of the whole task.", b.name, maxEdges))
		}
		b.instances = append(b.instances, i)
		b.byKey[element.key] = i
		b.addresses = append(b.addresses, i.Address)
	}
	slices.SortFunc(b.addresses, task.Address.Compare)
	return diags
}

// hintsPerBlock bounds how often the key nearest to a wrong one is searched
// for: equal errors are merged, and all keys of a large task may be wrong.
const hintsPerBlock = 20

func (e *expansion) set(c *configuration, b *taskBlock, from element) {
	e.config, e.block, e.partial = c, b, from.partial
	switch index, isIndex := from.key.Index(); {
	case isIndex:
		e.key = cty.NumberIntVal(int64(index))
	case b.mode() == keyed:
		e.key = cty.StringVal(from.key.Text())
	}
}
