package spec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// taskBlock is a task block and the instances it expands into.
type taskBlock struct {
	block
	name   string
	failed bool // it has errors, which would only repeat in what uses it

	input  hcl.Expression
	refs   references // of the input
	late   []*local   // those that the input uses, each after those it uses itself
	source *taskBlock // for_each = task.X
	over   []taskUse  // the tasks in for_each
	// derived is set if for_each is a larger expression that uses tasks.
	derived bool
	matrix  *matrix // nil without a matrix block
	// mentions are the tasks in the input and in the locals that it uses, and
	// after the first values of them those in depends_on.
	mentions  []taskUse
	values    int
	byKeys    bool      // instances differ in what they use
	before    []*guard  // preconditions
	after     []*guard  // postconditions
	lifecycle Lifecycle // of all instances, but for Triggers
	triggers  []taskUse // replace_triggered_by
	// perInstance is set if the model or a setting differs by instance.
	perInstance bool

	instances []*Instance    // in the order of their keys
	sorted    []*Instance    // by address
	addresses []task.Address // see allAddresses
}

type keyMode uint8

const (
	unkeyed keyMode = iota
	counted
	keyed   // by for_each
	crossed // by matrix
)

// hasTextKeys reports whether the instances are told apart by texts.
func (m keyMode) hasTextKeys() bool { return m == keyed || m == crossed }

func (m keyMode) String() string {
	return [...]string{"no keys", "count", "for_each", "a matrix"}[m]
}

func (b *taskBlock) mode() keyMode {
	switch {
	case b.content.Attributes["for_each"] != nil:
		return keyed
	case b.content.Attributes["count"] != nil:
		return counted
	case len(b.content.Blocks.OfType("matrix")) > 0:
		return crossed
	default:
		return unkeyed
	}
}

func (b *taskBlock) scope() scope {
	return scope{each: b.mode() == keyed, count: b.mode() == counted, matrix: b.matrix, eachTask: b.source != nil}
}

// checkTasks checks all that can be checked before the blocks are expanded,
// and puts them in order.
func (c *configuration) checkTasks() hcl.Diagnostics {
	c.checked = true
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
	diags = append(diags, b.checkModes()...)
	defaulted := c.partly && c.defaults != nil // perhaps
	if attributes["model"] == nil && c.defaulted.model == "" && !defaulted {
		diags = append(diags, failf(b.where, "Task without a model", `Add a model, such as: model = "nano-banana". The command apixo-batch models lists them.`))
	}
	switch {
	case attributes["input"] != nil:
		b.input = attributes["input"].Expr
	case c.defaulted.input != nil || defaulted:
		b.input = hcl.StaticExpr(cty.EmptyObjectVal, b.where)
	default:
		return append(diags, failf(b.where, "Task without an input", "Add the model's parameters, such as: input = { prompt = \"a harbour\" }"))
	}
	diags = append(diags, c.checkForEach(b)...)
	diags = append(diags, c.checkMatrix(b)...)
	in := b.scope()
	in.tasks = true
	withPicks := in
	withPicks.picks = true
	refs, refDiags := c.references(b.input, withPicks)
	diags = append(diags, refDiags...)
	refs = refs.settlePicks()
	b.refs, b.late = refs, lateLocals(refs.locals)
	b.refs.eachInput = b.refs.eachInput || b.derived
	dependsOn, dependsDiags := c.checkDependsOn(b, in)
	diags = append(diags, dependsDiags...)
	guarded, guardDiags := c.checkGuards(b)
	diags = append(diags, guardDiags...)
	triggers, lifecycleDiags := c.checkLifecycle(b, in)
	diags = append(diags, lifecycleDiags...)
	b.mention(slices.Concat(dependsOn, guarded, triggers))
	return append(diags, c.checkTaskSettings(b)...)
}

// checkModes allows one way to make instances.
func (b *taskBlock) checkModes() hcl.Diagnostics {
	var names []string
	var last hcl.Range
	for _, name := range []string{"for_each", "count"} {
		if attribute := b.content.Attributes[name]; attribute != nil {
			names, last = append(names, name), attribute.NameRange
		}
	}
	if blocks := b.content.Blocks.OfType("matrix"); len(blocks) > 0 {
		names, last = append(names, "matrix"), blocks[0].DefRange
	}
	if len(names) < 2 {
		return nil
	}
	return hcl.Diagnostics{failf(last, "Both "+strings.Join(names, " and "), "task.%s can have one of them only.", b.name)}
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

func (c *configuration) checkDependsOn(b *taskBlock, in scope) ([]taskUse, hcl.Diagnostics) {
	return c.taskList(b.content.Attributes["depends_on"], in)
}

// taskList reads a list of tasks and instances; none if there is no attribute.
func (c *configuration) taskList(attribute *hcl.Attribute, in scope) (uses []taskUse, diags hcl.Diagnostics) {
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
			diags = append(diags, failf(expr.Range(), "Invalid "+attribute.Name, "Each element names a task or an instance: %s = [task.hero, task.grid[\"a\"]]", attribute.Name))
			continue
		}
		uses = append(uses, refs.tasks[0])
	}
	return uses, diags
}

// namesTask reports whether an expression is task.X or task.X[key].
func namesTask(expr hcl.Expression) bool {
	switch e := unwrapped(expr).(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return len(e.Traversal) == 2 || len(e.Traversal) == 3
	case *hclsyntax.IndexExpr:
		return true
	}
	return false
}
