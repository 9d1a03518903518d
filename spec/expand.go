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
	value  packed      // as partial has it
	source *Instance   // as partial has it
	later  *laterValue // as partial has it
	*using
	*outputPath
	// constant is the input's value once it was needed by another instance, if
	// it depends on no result.
	constant atomic.Pointer[cty.Value]
	// settled is the evaluation, once there was one, if it depends neither on
	// results nor on how sensitive values are masked.
	settled atomic.Pointer[Evaluation]
}

// pack makes each.value or matrix take less, once the input was evaluated with it. last
// is that of another instance, with the same attributes most often.
func (e *expansion) pack(last packed) packed {
	e.value = pack(e.value.value(), last)
	return e.value
}

// using is what the input sees beside its element. Instances that see the same share it.
type using struct {
	uses   []use    // the tasks whose values it sees
	picked []picked // the elements of locals
	whole  []*local // those that it picks from and that could not be taken apart
}

// outputPath makes the paths of a result's files.
type outputPath struct {
	output  hcl.Expression
	indexed bool // it uses result.index
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
	b.instances = make([]*Instance, 0, len(elements))
	var diags hcl.Diagnostics
	var shared *Instance // its model, settings and uses serve all
	missing := 0         // errors about instances that do not exist
	instances := make([]Instance, len(elements))
	expansions := make([]expansion, len(elements))
	values := make([]cty.Value, len(elements))
	for n, element := range elements {
		i := &instances[n]
		i.Address = task.Address{Name: b.name, Key: element.key}
		i.expand = &expansions[n]
		values[n] = element.value
		*i.expand = expansion{config: c, block: b, value: packed{values: values[n : n+1]}, source: element.source, later: element.later}
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
			i.DependsOn, i.expand.using = shared.DependsOn, shared.expand.using
			i.Lifecycle = shared.Lifecycle
		}
		if shared == nil {
			shared = i
		}
		if c.edges > maxEdges {
			return append(diags, failf(b.where, "Too many dependencies", "Up to task.%s the instances use each other in more than %d ways. Use the instance that is needed, as in task.hero[each.key], in place of the whole task.", b.name, maxEdges))
		}
		b.instances = append(b.instances, i)
	}
	b.sorted = slices.SortedFunc(slices.Values(b.instances), compareInstances)
	return diags
}

// hintsPerBlock bounds how often the key nearest to a wrong one is searched
// for: equal errors are merged, and all keys of a large task may be wrong.
const hintsPerBlock = 20

func compareInstances(a, b *Instance) int { return a.Address.Compare(b.Address) }

// instance finds the instance with a key.
func (b *taskBlock) instance(key task.Key) (*Instance, bool) {
	n, found := slices.BinarySearchFunc(b.sorted, task.Address{Name: b.name, Key: key}, func(i *Instance, a task.Address) int {
		return i.Address.Compare(a)
	})
	if !found {
		return nil, false
	}
	return b.sorted[n], true
}

// allAddresses are those of the block's instances, sorted, in one list for all that
// use the whole block.
func (b *taskBlock) allAddresses() []task.Address {
	if len(b.addresses) != len(b.sorted) {
		b.addresses = make([]task.Address, len(b.sorted))
		for n, i := range b.sorted {
			b.addresses[n] = i.Address
		}
	}
	return b.addresses
}

// keyValue is each.key or count.index.
func keyValue(key task.Key) cty.Value {
	if index, isIndex := key.Index(); isIndex {
		return cty.NumberIntVal(int64(index))
	}
	return cty.StringVal(key.Text())
}
