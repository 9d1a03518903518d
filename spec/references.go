package spec

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// scope says which names an expression may use besides var and local.
type scope struct {
	each, count bool
	tasks       bool
	paths       bool // self and result, in output paths
	eachTask    bool // each.value is a task's value
}

// references are what an expression uses.
type references struct {
	tasks  []taskUse
	locals []*local // direct ones
	// each and count are set if the value differs by instance.
	each, count bool
	eachValue   bool // each.value, which may be another task's result
	eachInput   bool // its attribute input may be used
	index       bool // result.index
}

// usesTasks reports whether a task's result is used, directly or by a local.
func (r references) usesTasks() bool {
	return len(r.tasks) > 0 || slices.ContainsFunc(r.locals, func(l *local) bool { return l.late })
}

// perInstance reports whether the value differs by instance.
func (r references) perInstance() bool { return r.each || r.count }

// taskUse is one mention of a task. Without a key it is all of its instances.
type taskUse struct {
	block *taskBlock
	// key is a known key, keyExpr one that differs by instance or has to be
	// evaluated; neither is set for a use of the whole task.
	key     cty.Value
	keyExpr hclsyntax.Expression
	input   bool // its attribute input may be used
	// guarded is set inside try, can and conditionals: a key that does not
	// exist is not an error there, evaluation decides.
	guarded bool
	where   hcl.Range
}

func (u taskUse) whole() bool { return u.key == cty.NilVal && u.keyExpr == nil }

// references finds what an expression uses and checks that all of it exists.
// It does not evaluate anything, so what stands in a branch that is never
// taken counts as well: an edge too many delays, an edge too few pays for the
// wrong request.
func (c *configuration) references(expr hcl.Expression, in scope) (references, hcl.Diagnostics) {
	w := &referenceWalker{c: c, scope: in, follow: make(map[hclsyntax.Node]hcl.Traversal), done: make(map[hclsyntax.Node]bool)}
	if node, ok := expr.(hclsyntax.Expression); ok {
		hclsyntax.Walk(node, w) // its diagnostics are those of w's methods, which return none
	}
	return w.refs, w.diags
}

// referenceWalker collects the references of an expression.
type referenceWalker struct {
	c      *configuration
	scope  scope
	hidden []map[string]struct{} // names of for expressions around
	guards int                   // try, can and conditionals around
	follow map[hclsyntax.Node]hcl.Traversal
	done   map[hclsyntax.Node]bool // handled with its parent
	refs   references
	diags  hcl.Diagnostics
}

// Enter implements hclsyntax.Walker.
func (w *referenceWalker) Enter(node hclsyntax.Node) hcl.Diagnostics {
	switch n := node.(type) {
	case hclsyntax.ChildScope:
		w.hidden = append(w.hidden, n.LocalNames)
	case *hclsyntax.ConditionalExpr:
		w.guards++
	case *hclsyntax.FunctionCallExpr:
		w.call(n)
	case *hclsyntax.RelativeTraversalExpr:
		w.follow[n.Source] = n.Traversal
	case *hclsyntax.SplatExpr:
		w.splat(n)
	case *hclsyntax.IndexExpr:
		w.indexed(n)
	case *hclsyntax.ScopeTraversalExpr:
		if !w.done[n] && !w.isHidden(n.Traversal.RootName()) {
			w.named(n.Traversal)
		}
	}
	return nil
}

// Exit implements hclsyntax.Walker.
func (w *referenceWalker) Exit(node hclsyntax.Node) hcl.Diagnostics {
	switch n := node.(type) {
	case hclsyntax.ChildScope:
		w.hidden = w.hidden[:len(w.hidden)-1]
	case *hclsyntax.ConditionalExpr:
		w.guards--
	case *hclsyntax.FunctionCallExpr:
		if isGuard(n) {
			w.guards--
		}
	}
	return nil
}

func isGuard(call *hclsyntax.FunctionCallExpr) bool { return call.Name == "try" || call.Name == "can" }

func (w *referenceWalker) isHidden(name string) bool {
	return slices.ContainsFunc(w.hidden, func(names map[string]struct{}) bool {
		_, ok := names[name]
		return ok
	})
}

func (w *referenceWalker) fail(where hcl.Range, summary, detail string, args ...any) {
	w.diags = append(w.diags, failf(where, summary, detail, args...))
}

func (w *referenceWalker) call(n *hclsyntax.FunctionCallExpr) {
	if isGuard(n) {
		w.guards++
	}
	if _, ok := w.c.functions[n.Name]; !ok {
		w.fail(n.NameRange, "Unknown function", "There is no function %q.%s", n.Name, suggest(n.Name, sortedKeys(w.c.functions)))
	}
}

// splat refuses task.X[*] of a task with text keys, which would be read as a
// list of one object.
func (w *referenceWalker) splat(n *hclsyntax.SplatExpr) {
	source, ok := n.Source.(*hclsyntax.ScopeTraversalExpr)
	if !ok || w.isHidden(source.Traversal.RootName()) {
		return
	}
	if block := w.c.wholeTask(source.Traversal); block != nil && block.mode() == keyed {
		w.fail(n.Range(), "Splat of a task with keys", "task.%s has for_each, so it is a map. Write values(task.%s)[*], or a for expression such as [for t in task.%s : t.urls[0]].", block.name, block.name, block.name)
	}
}

// wholeTask returns the block if the traversal is just task.X.
func (c *configuration) wholeTask(traversal hcl.Traversal) *taskBlock {
	if len(traversal) != 2 || traversal.RootName() != "task" {
		return nil
	}
	name, _ := stepName(traversal[1])
	return c.taskByName[name]
}

// indexed handles task.X[key] with a key that is not a literal.
func (w *referenceWalker) indexed(n *hclsyntax.IndexExpr) {
	collection, ok := n.Collection.(*hclsyntax.ScopeTraversalExpr)
	if !ok || w.isHidden("task") || len(collection.Traversal) != 2 || collection.Traversal.RootName() != "task" {
		return
	}
	block := w.task(collection.Traversal)
	w.done[collection] = true
	if block == nil {
		return
	}
	use := taskUse{block: block, guarded: w.guards > 0, input: true, where: n.Range()}
	if block.mode() != unkeyed && w.canEvaluate(n.Key) {
		use.keyExpr = n.Key
		use.input = w.attribute(w.follow[n])
	}
	w.refs.tasks = append(w.refs.tasks, use)
}

// canEvaluate reports whether a key can be evaluated by itself: it uses no
// name of a for expression around, no task and no local that does.
func (w *referenceWalker) canEvaluate(key hclsyntax.Expression) bool {
	for _, traversal := range key.Variables() {
		root := traversal.RootName()
		if w.isHidden(root) {
			return false
		}
		switch root {
		case "var", "each", "count":
		case "local":
			if l := w.c.locals[localName(traversal)]; l == nil || l.late {
				return false
			}
		default:
			return false
		}
	}
	return !containsSplatItem(key)
}

func containsSplatItem(expr hclsyntax.Expression) bool {
	found := false
	hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		if _, ok := node.(*hclsyntax.AnonSymbolExpr); ok {
			found = true
		}
		return nil
	})
	return found
}

// named handles a plain reference by its first name.
func (w *referenceWalker) named(traversal hcl.Traversal) {
	where := traversal.SourceRange()
	switch root := traversal.RootName(); root {
	case "var":
		w.variable(traversal)
	case "local":
		w.local(traversal)
	case "task":
		w.plainTask(traversal)
	case "each":
		w.eachOf(traversal)
	case "count":
		w.countOf(traversal)
	case "self":
		w.pathName(traversal, "name", "key")
	case "result":
		w.pathName(traversal, "index", "ext")
	case "matrix":
		w.fail(where, "Not supported yet", "matrix is part of the language but not supported yet. Use for_each over a map.")
	default:
		hint := suggest(root, []string{"var", "local", "task", "each", "count"})
		if _, ok := w.c.taskByName[root]; ok {
			hint = fmt.Sprintf(" Did you mean task.%s?", root)
		} else if _, ok := w.c.variables[root]; ok {
			hint = fmt.Sprintf(" Did you mean var.%s?", root)
		} else if _, ok := w.c.locals[root]; ok {
			hint = fmt.Sprintf(" Did you mean local.%s?", root)
		}
		w.fail(where, "Unknown reference", "There is nothing called %q. A reference begins with var, local, task, each or count; a text needs quotes.%s", root, hint)
	}
}

// stepName is the name of one step: .name or ["name"].
func stepName(step hcl.Traverser) (string, bool) {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return s.Name, true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString(), true
		}
	}
	return "", false
}

// second is the name after the first one. It reports what is missing.
func (w *referenceWalker) second(traversal hcl.Traversal, example string) (string, bool) {
	if len(traversal) > 1 {
		if name, ok := stepName(traversal[1]); ok {
			return name, true
		}
	}
	w.fail(traversal.SourceRange(), "Incomplete reference", "%s cannot be used as a whole: add a name, as in %s.", traversal.RootName(), example)
	return "", false
}

func (w *referenceWalker) variable(traversal hcl.Traversal) {
	name, ok := w.second(traversal, "var.style")
	if _, declared := w.c.variables[name]; ok && !declared {
		w.fail(traversal.SourceRange(), "Undeclared variable", "No variable block declares %q.%s", name, suggest(name, sortedKeys(w.c.variables)))
	}
}

func (w *referenceWalker) local(traversal hcl.Traversal) {
	name, ok := w.second(traversal, "local.rows")
	if !ok {
		return
	}
	l, declared := w.c.locals[name]
	if !declared {
		w.fail(traversal.SourceRange(), "Undeclared local value", "No locals block declares %q.%s", name, suggest(name, sortedKeys(w.c.locals)))
		return
	}
	if l.late && !w.scope.tasks {
		w.fail(traversal.SourceRange(), "Result used too early", "local.%s uses the result of a task, which is not known before the task has run. Here only what is known before can be used.", name)
	}
	if !slices.Contains(w.refs.locals, l) {
		w.refs.locals = append(w.refs.locals, l)
	}
}

func localName(traversal hcl.Traversal) string {
	if len(traversal) < 2 {
		return ""
	}
	name, _ := stepName(traversal[1])
	return name
}

func (w *referenceWalker) eachOf(traversal hcl.Traversal) {
	where := traversal.SourceRange()
	if !w.scope.each {
		w.fail(where, "No each here", "each.key and each.value exist in a task with for_each only.")
		return
	}
	name, ok := w.second(traversal, "each.key or each.value")
	if !ok {
		return
	}
	w.refs.each = true
	switch name {
	case "key":
	case "value":
		w.refs.eachValue = true
		if len(traversal) == 2 {
			w.refs.eachInput = true
		} else if w.scope.eachTask && w.attribute(traversal[2:]) {
			w.refs.eachInput = true
		}
	default:
		w.fail(where, "Unknown reference", "each has only key and value, no %q.%s", name, suggest(name, []string{"key", "value"}))
	}
}

func (w *referenceWalker) countOf(traversal hcl.Traversal) {
	if !w.scope.count {
		w.fail(traversal.SourceRange(), "No count here", "count.index exists in a task with count only.")
		return
	}
	w.refs.count = true
	if name, ok := w.second(traversal, "count.index"); ok && name != "index" {
		w.fail(traversal.SourceRange(), "Unknown reference", "count has only index, no %q.", name)
	}
}

func (w *referenceWalker) pathName(traversal hcl.Traversal, names ...string) {
	root := traversal.RootName()
	if !w.scope.paths {
		w.fail(traversal.SourceRange(), "Not available here", "%s exists in output paths only.", root)
		return
	}
	name, ok := w.second(traversal, root+"."+names[0])
	if !ok {
		return
	}
	if !slices.Contains(names, name) {
		w.fail(traversal.SourceRange(), "Unknown reference", "%s has only %s and %s, no %q.%s", root, names[0], names[1], name, suggest(name, names))
	}
	if root == "result" && name == "index" {
		w.refs.index = true
	}
}

// task resolves the name after task; nil if it reported an error.
func (w *referenceWalker) task(traversal hcl.Traversal) *taskBlock {
	where := traversal.SourceRange()
	if !w.scope.tasks {
		w.fail(where, "Result used too early", "A task's result is not known before it has run. Here only variables, locals and each.key can be used.")
		return nil
	}
	name, ok := w.second(traversal, "task.hero")
	if !ok {
		return nil
	}
	block, declared := w.c.taskByName[name]
	if !declared {
		w.fail(where, "Undeclared task", "There is no task %q.%s", name, suggest(name, sortedKeys(w.c.taskByName)))
		return nil
	}
	return block
}

// plainTask handles task.X and what follows it.
func (w *referenceWalker) plainTask(traversal hcl.Traversal) {
	block := w.task(traversal)
	if block == nil {
		return
	}
	use := taskUse{block: block, guarded: w.guards > 0, input: true, where: traversal.SourceRange()}
	rest := traversal[2:]
	switch {
	case len(rest) == 0:
	case block.mode() == unkeyed:
		use.input = w.attribute(rest)
	default:
		use.key = stepKey(rest[0])
		use.input = w.attribute(rest[1:])
	}
	w.refs.tasks = append(w.refs.tasks, use)
}

// stepKey is the key of one step; a splat is none, so the use is of the whole.
func stepKey(step hcl.Traverser) cty.Value {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return cty.StringVal(s.Name)
	case hcl.TraverseIndex:
		return s.Key
	}
	return cty.NilVal
}

// attribute checks the attribute of a task's value that rest begins with, and
// reports whether input may be used.
func (w *referenceWalker) attribute(rest hcl.Traversal) (input bool) {
	if len(rest) == 0 {
		return true
	}
	name, ok := stepName(rest[0])
	if !ok {
		return true
	}
	if !slices.Contains(taskAttributes[:], name) && w.guards == 0 {
		w.fail(rest[0].SourceRange(), "Unknown attribute of a task", "A task has urls, files, result, task_id, cost and input, no %q.%s", name, suggest(name, taskAttributes[:]))
	}
	return name == "input"
}
