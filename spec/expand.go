package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"apixo-batch/spec/task"
)

// taskBlock is a task block and the instances it expands into.
type taskBlock struct {
	block
	name   string
	order  int  // in the files
	failed bool // it has errors, which would only repeat in what uses it

	input  hcl.Expression
	refs   references // of the input
	late   []*local   // those that the input uses, each after those it uses itself
	source *taskBlock // for_each = task.X
	// mentions are the tasks in the input and in the locals that it uses, and
	// after the first values of them those in depends_on.
	mentions []taskUse
	values   int
	byKeys   bool // instances differ in what they use
	// perInstance is set if the model or a setting differs by instance.
	perInstance bool

	instances []*Instance // in the order of their keys
	byKey     map[task.Key]*Instance
	addresses []task.Address // of the instances, sorted
}

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

// use is what an instance uses of one task block.
type use struct {
	block     *taskBlock
	whole     bool
	instances []*Instance // all of the block's if whole
	input     bool
}

type keyMode uint8

const (
	unkeyed keyMode = iota
	counted
	keyed
)

func (b *taskBlock) mode() keyMode {
	switch {
	case b.content.Attributes["for_each"] != nil:
		return keyed
	case b.content.Attributes["count"] != nil:
		return counted
	default:
		return unkeyed
	}
}

func (b *taskBlock) scope() scope {
	return scope{each: b.mode() == keyed, count: b.mode() == counted, eachTask: b.source != nil}
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

// maxEdges bounds the dependencies that are stored one by one.
const maxEdges = 5_000_000

func (e *expansion) set(c *configuration, b *taskBlock, from element) {
	e.config, e.block, e.source, e.value = c, b, from.source, from.value
	switch index, isIndex := from.key.Index(); {
	case isIndex:
		e.key = cty.NumberIntVal(int64(index))
	case b.mode() == keyed:
		e.key = cty.StringVal(from.key.Text())
	}
}

// mention notes the tasks that the block uses.
func (b *taskBlock) mention(dependsOn []taskUse) {
	b.mentions = mentionsOf(b.refs, b.late)
	b.values = len(b.mentions)
	b.mentions = append(b.mentions, dependsOn...)
	b.byKeys = slices.ContainsFunc(b.mentions, func(u taskUse) bool { return u.keyExpr != nil })
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
	if e.source != nil {
		all = addUse(all, use{block: e.source.expand.block, instances: []*Instance{e.source}})
	}
	i.DependsOn = c.addressesOf(all)
	return diags
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
	key, _ = key.Unmark()
	if !key.IsKnown() || key.IsNull() {
		return whole, nil
	}
	if instance, ok := u.block.byKey[u.block.keyFrom(key)]; ok {
		return use{block: u.block, instances: []*Instance{instance}, input: u.input}, nil
	}
	if u.guarded {
		return use{block: u.block, input: u.input}, nil
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
		if accuracy != 0 || n < 0 || n > maxInstances {
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
	if slices.Contains(taskAttributes[:], text) {
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
		return slices.Clip(uses[0].block.addresses)
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

// checkTasks checks all that can be checked before the blocks are expanded,
// and puts them in order.
func (c *configuration) checkTasks() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range c.tasks {
		diags = append(diags, c.checkTask(b)...)
	}
	for _, output := range c.outputs {
		diags = append(diags, c.checkOutput(output)...)
	}
	diags = append(diags, c.checkPaths()...)
	if diags.HasErrors() {
		return diags
	}
	return append(diags, c.sortTasks()...)
}

func (c *configuration) checkTask(b *taskBlock) hcl.Diagnostics {
	attributes := b.content.Attributes
	var diags hcl.Diagnostics
	if attributes["for_each"] != nil && attributes["count"] != nil {
		diags = append(diags, failf(attributes["count"].NameRange, "Both for_each and count", "task.%s can have one of them only.", b.name))
	}
	if attributes["model"] == nil {
		diags = append(diags, failf(b.where, "Task without a model", `Add a model, such as: model = "nano-banana". The command apixo-batch models lists them.`))
	}
	if attributes["input"] == nil {
		return append(diags, failf(b.where, "Task without an input", "Add the model's parameters, such as: input = { prompt = \"a harbour\" }"))
	}
	b.input = attributes["input"].Expr
	diags = append(diags, c.checkSource(b)...)
	in := b.scope()
	in.tasks = true
	refs, refDiags := c.references(b.input, in)
	diags = append(diags, refDiags...)
	b.refs, b.late = refs, lateLocals(refs.locals)
	dependsOn, dependsDiags := c.checkDependsOn(b, in)
	diags = append(diags, dependsDiags...)
	b.mention(dependsOn)
	return append(diags, c.checkTaskSettings(b)...)
}

// checkSource recognises for_each = task.X.
func (c *configuration) checkSource(b *taskBlock) hcl.Diagnostics {
	attribute := b.content.Attributes["for_each"]
	if attribute == nil {
		return nil
	}
	named, ok := attribute.Expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return nil
	}
	b.source = c.wholeTask(named.Traversal)
	if b.source != nil && b.source.mode() == unkeyed {
		return hcl.Diagnostics{failf(attribute.Expr.Range(), "for_each over a single task", "task.%s has no keys, since it has no for_each or count. Remove for_each here and use task.%s in input.", b.source.name, b.source.name)}
	}
	return nil
}

// lateLocals lists the locals that use tasks, each after those it uses.
func lateLocals(direct []*local) []*local {
	var ordered []*local
	var add func(*local)
	add = func(l *local) {
		if !l.late || slices.Contains(ordered, l) {
			return
		}
		for _, used := range l.refs.locals {
			add(used)
		}
		ordered = append(ordered, l)
	}
	for _, l := range direct {
		add(l)
	}
	return ordered
}

func (c *configuration) checkDependsOn(b *taskBlock, in scope) (uses []taskUse, diags hcl.Diagnostics) {
	attribute := b.content.Attributes["depends_on"]
	if attribute == nil {
		return nil, nil
	}
	list, diags := hcl.ExprList(attribute.Expr)
	for _, expr := range list {
		refs, refDiags := c.references(expr, in)
		diags = append(diags, refDiags...)
		if refDiags.HasErrors() {
			continue
		}
		if len(refs.tasks) != 1 || !namesTask(expr) {
			diags = append(diags, failf(expr.Range(), "Invalid depends_on", "Each element names a task or an instance: depends_on = [task.hero, task.grid[\"a\"]]"))
			continue
		}
		uses = append(uses, refs.tasks[0])
	}
	return uses, diags
}

// namesTask reports whether an expression is task.X or task.X[key].
func namesTask(expr hcl.Expression) bool {
	switch e := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return len(e.Traversal) == 2 || len(e.Traversal) == 3
	case *hclsyntax.IndexExpr:
		return true
	}
	return false
}
