package spec

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// expansion is what an instance is evaluated with.
type expansion struct {
	config     *configuration
	block      *taskBlock
	key, value cty.Value // each.key or count.index; each.value, NilVal for a source
	source     *Instance // of for_each = task.X
	uses       []use     // the tasks whose values the input sees
	output     hcl.Expression
	indexed    bool // the output path uses result.index
	// constant is the input's value once it was needed by another instance, if
	// it depends on no result.
	constant atomic.Pointer[cty.Value]
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
		if total := len(s.Instances) + len(elements); total > maxInstances {
			return append(diags, failf(b.where, "Too many instances", "With task.%s there are %d instances; at most %d are allowed. Split the configuration.", b.name, total, maxInstances))
		}
		blockDiags := c.expand(b, elements, s)
		diags = append(diags, blockDiags...)
		b.failed = elementDiags.HasErrors() || blockDiags.HasErrors()
		s.Instances = append(s.Instances, b.instances...)
	}
	return diags
}

// element is one key of for_each or count, or the only one of a plain task.
type element struct {
	key    task.Key
	value  cty.Value
	source *Instance
}

// elements lists the keys of a block in their order.
func (c *configuration) elements(b *taskBlock) ([]element, hcl.Diagnostics) {
	switch {
	case b.mode() == unkeyed:
		return []element{{}}, nil
	case b.mode() == counted:
		d := c.decoder(b.content)
		n, _ := d.wholeNumber("count", 0, maxInstances)
		if len(d.diags) == 0 && b.content.Attributes["count"] != nil && d.isNull("count") {
			d.fail("count", "Invalid count", "It is null; it must be a whole number.")
		}
		list := make([]element, n)
		for i := range list {
			list[i].key = task.IndexKey(i)
		}
		return list, d.diags
	case b.source != nil:
		list := make([]element, len(b.source.instances))
		for i, source := range b.source.instances {
			list[i] = element{key: task.TextKey(source.Address.Key.Text()), source: source}
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

// forEach evaluates for_each: a map, an object or a set of texts.
func (c *configuration) forEach(b *taskBlock) ([]element, hcl.Diagnostics) {
	expr := b.content.Attributes["for_each"].Expr
	where := expr.Range()
	refs, diags := c.references(expr, scope{tasks: true})
	if diags.HasErrors() {
		return nil, diags
	}
	if refs.usesTasks() {
		return nil, append(diags, failf(where, "Not supported yet", "for_each can be a task by itself (for_each = task.hero, which has the same keys), or what is known before any task has run. A larger expression that uses a task is not supported yet."))
	}
	collection, evalDiags := expr.Value(c.root)
	diags = append(diags, evalDiags...)
	if evalDiags.HasErrors() {
		return nil, diags
	}
	plain, sensitive, volatile := unmark(collection)
	switch {
	case volatile:
		diags = append(diags, failf(where, "Keys that change at each run", "%s", changesEachRun))
	case sensitive:
		diags = append(diags, failf(where, "Sensitive for_each", "The keys become addresses and file names, which are shown, so they cannot be sensitive. Make the map from values that may be shown and use the sensitive ones in input only."))
	case !plain.IsKnown():
		diags = append(diags, failf(where, "Unknown for_each", "The keys must be known before any task has run. Use keys from variables, locals or files, and results in input only."))
	case plain.IsNull():
		diags = append(diags, failf(where, "for_each is null", "It must be a map or a set of texts; an empty one makes no instances: for_each = {}"))
	}
	if diags.HasErrors() {
		return nil, diags
	}
	list, wrong := collectElements(plain)
	if wrong != "" {
		diags = append(diags, failf(where, "Invalid for_each", "%s", wrong))
	}
	return list, diags
}

// collectElements lists the elements of a known collection, or says what is
// wrong with it.
func collectElements(v cty.Value) (list []element, wrong string) {
	t := v.Type()
	switch {
	case t.IsListType(), t.IsTupleType():
		return nil, "A list gives no stable keys: with a row inserted, each later one would be bought again. Write toset(…) for a list of texts, or { for row in … : row.id => row } with something unique as the key."
	case t.IsSetType() && t.ElementType() != cty.String, !t.IsSetType() && !t.IsMapType() && !t.IsObjectType():
		return nil, fmt.Sprintf("It must be a map, an object or a set of texts, not %s.", describeType(t))
	}
	list = make([]element, 0, v.LengthInt())
	seen := make(map[string]string, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, value := it.Element()
		if t.IsSetType() {
			k = value
		}
		if !k.IsKnown() || k.IsNull() {
			return nil, "A key is null or not known. Each key must be a text that is known before any task has run."
		}
		text := k.AsString()
		trimmed := strings.TrimSpace(text)
		if trimmed == "" {
			return nil, "A key is empty. Each key is part of an address and of file names; is a cell of the table empty?"
		}
		if other, ok := seen[trimmed]; ok {
			return nil, fmt.Sprintf("The keys %q and %q differ in spaces only. Use trimspace() when the keys are made.", other, text)
		}
		seen[trimmed] = text
		list = append(list, element{key: task.TextKey(text), value: value})
	}
	slices.SortFunc(list, func(a, b element) int { return strings.Compare(a.key.Text(), b.key.Text()) })
	return list, ""
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
		i.Range = b.where
		i.expand = &expansions[n]
		i.expand.set(c, b, element)
		switch {
		case b.perInstance:
			diags = append(diags, about(i.Address, c.configure(i, s))...)
		case shared == nil:
			diags = append(diags, c.configure(i, s)...)
		default:
			i.configureAs(shared)
		}
		if shared == nil || b.source != nil || b.byKeys {
			resolveDiags := c.resolve(i, missing < hintsPerBlock)
			missing += len(resolveDiags)
			diags = append(diags, about(i.Address, resolveDiags)...)
		} else {
			i.DependsOn, i.expand.uses = shared.DependsOn, shared.expand.uses
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
	return diags
}

// hintsPerBlock bounds how often the key nearest to a wrong one is searched
// for: equal errors are merged, and all keys of a large task may be wrong.
const hintsPerBlock = 20

func (e *expansion) set(c *configuration, b *taskBlock, from element) {
	e.config, e.block, e.source, e.value = c, b, from.source, from.value
	switch index, isIndex := from.key.Index(); {
	case isIndex:
		e.key = cty.NumberIntVal(int64(index))
	case b.mode() == keyed:
		e.key = cty.StringVal(from.key.Text())
	}
}
