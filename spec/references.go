package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// scope says which names an expression may use besides var and local.
type scope struct {
	each, count bool
	keyless     bool    // each has no key: this is what makes it
	matrix      *matrix // nil if there is none
	names       bindings
	tasks       bool
	paths       bool     // self and result, in output paths
	eachTask    bool     // each.value is a task's value
	picks       bool     // single elements of a local are told from all of it
	self        []string // the attributes of self in a guard
}

// references are what an expression uses.
type references struct {
	tasks  []taskUse
	locals []*local // direct ones
	picks  []pick   // elements of others
	// each and count are set if the value differs by instance.
	each, count, matrix bool
	eachValue           bool // each.value, which may be another task's result
	eachInput           bool // its attribute input may be used
	index               bool // result.index
}

// usesTasks reports whether a task's result is used, directly or by a local.
func (r references) usesTasks() bool {
	return len(r.tasks) > 0 || slices.ContainsFunc(r.locals, func(l *local) bool { return l.late })
}

// perInstance reports whether the value differs by instance.
func (r references) perInstance() bool { return r.each || r.count || r.matrix }

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
	c       *configuration
	scope   scope
	hidden  []map[string]struct{} // names of for expressions around
	guards  int                   // try, can and conditionals around
	escaped *hcl.Range            // the text of JSON around that has no places of its own
	follow  map[hclsyntax.Node]hcl.Traversal
	done    map[hclsyntax.Node]bool // handled with its parent
	refs    references
	diags   hcl.Diagnostics
}

// Enter implements hclsyntax.Walker.
func (w *referenceWalker) Enter(node hclsyntax.Node) hcl.Diagnostics {
	switch n := node.(type) {
	case hclsyntax.ChildScope:
		w.hidden = append(w.hidden, n.LocalNames)
	case *escapedText:
		w.escaped = &n.where
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
	case *hclsyntax.ForExpr:
		w.looped(n)
	case *hclsyntax.ScopeTraversalExpr:
		if root := n.Traversal.RootName(); !w.done[n] && !w.isHidden(root) && !w.isGiven(root) && !w.written(n) {
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
	case *escapedText:
		w.escaped = nil
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

// isGiven reports whether a for expression around the whole gives the name.
func (w *referenceWalker) isGiven(name string) bool {
	_, ok := w.scope.names.find(name)
	return ok
}

func (w *referenceWalker) fail(where hcl.Range, summary, detail string, args ...any) {
	w.diags = append(w.diags, failf(w.place(where), summary, detail, args...))
}

// place is where something stands, as far as it can be told.
func (w *referenceWalker) place(where hcl.Range) hcl.Range {
	if w.escaped != nil {
		return *w.escaped
	}
	return where
}

func (w *referenceWalker) call(n *hclsyntax.FunctionCallExpr) {
	if isGuard(n) {
		w.guards++
	}
	if _, ok := w.c.functions[n.Name]; !ok {
		hint := functionsLeftOut[n.Name]
		if hint == "" {
			hint = suggest(n.Name, sortedKeys(w.c.functions))
		}
		w.fail(n.NameRange, "Unknown function", "There is no function %q.%s", n.Name, hint)
	}
	if n.Name == "lookup" && len(n.Args) >= 2 && !n.ExpandFinal {
		w.lookup(n)
	}
}

// lookup handles lookup(local.X, key), with a default or without.
func (w *referenceWalker) lookup(n *hclsyntax.FunctionCallExpr) {
	collection, ok := unwrapped(n.Args[0]).(*hclsyntax.ScopeTraversalExpr)
	if ok && collection.Traversal.RootName() == "local" {
		w.picks(collection, pick{key: n.Args[1], lookup: true, guarded: true, where: w.place(n.Range())})
	}
}

// splat refuses task.X[*] of a task with text keys, which would be read as a
// list of one object.
func (w *referenceWalker) splat(n *hclsyntax.SplatExpr) {
	source, ok := n.Source.(*hclsyntax.ScopeTraversalExpr)
	if !ok || w.isHidden(source.Traversal.RootName()) || w.isGiven(source.Traversal.RootName()) {
		return
	}
	if block := w.c.wholeTask(source.Traversal); block != nil && block.mode().hasTextKeys() {
		w.fail(n.Range(), "Splat of a task with keys", "task.%s has %s, so it is a map. Write values(task.%s)[*], or a for expression such as [for t in task.%s : t.urls[0]].", block.name, block.mode(), block.name, block.name)
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

// isWhole reports whether an expression is just task.X.
func (w *referenceWalker) isWhole(e *hclsyntax.ScopeTraversalExpr) bool {
	return !w.isHidden("task") && !w.isGiven("task") && len(e.Traversal) == 2 && e.Traversal.RootName() == "task"
}

// indexed handles task.X[key] with a key that is not a literal.
func (w *referenceWalker) indexed(n *hclsyntax.IndexExpr) {
	collection, ok := unwrapped(n.Collection).(*hclsyntax.ScopeTraversalExpr)
	if ok && collection.Traversal.RootName() == "local" {
		w.picks(collection, pick{key: n.Key, guarded: w.guards > 0, where: w.place(n.Range())})
		return
	}
	if !ok || !w.isWhole(collection) {
		return
	}
	block := w.task(collection.Traversal)
	w.done[collection] = true
	if block == nil {
		return
	}
	use := taskUse{block: block, guarded: w.guards > 0, input: true, where: w.place(n.Range())}
	if block.mode() != unkeyed && w.canEvaluate(n.Key) {
		use.keyExpr = n.Key
		use.input = w.attribute(w.follow[n])
	}
	w.refs.tasks = append(w.refs.tasks, use)
}

// looped handles for t in task.X that takes single attributes of t.
func (w *referenceWalker) looped(n *hclsyntax.ForExpr) {
	collection, ok := unwrapped(n.CollExpr).(*hclsyntax.ScopeTraversalExpr)
	if !ok || !w.isWhole(collection) {
		return
	}
	block := w.task(collection.Traversal)
	w.done[collection] = true
	if block != nil {
		w.refs.tasks = append(w.refs.tasks, taskUse{
			block: block, guarded: w.guards > 0, where: w.place(collection.Traversal.SourceRange()),
			input: block.mode() == unkeyed || usesInput(n),
		})
	}
}

// usesInput reports whether a for expression may use the attribute input of the
// tasks that it goes over, or give them on as they are.
func usesInput(n *hclsyntax.ForExpr) bool {
	found := false
	for _, part := range []hclsyntax.Expression{n.KeyExpr, n.ValExpr, n.CondExpr} {
		if part == nil {
			continue
		}
		for _, traversal := range part.Variables() {
			if traversal.RootName() != n.ValVar {
				continue
			}
			name := "input"
			if len(traversal) > 1 {
				name, _ = stepName(traversal[1])
			}
			found = found || name == "input" || name == ""
		}
	}
	return found
}

// canEvaluate reports whether a key can be evaluated by itself: it uses no
// name of a for expression around, no task and no local that does.
func (w *referenceWalker) canEvaluate(key hclsyntax.Expression) bool {
	for _, traversal := range key.Variables() {
		root := traversal.RootName()
		if w.isHidden(root) {
			return false
		}
		if w.isGiven(root) {
			continue
		}
		switch root {
		case "var", "each", "count", "matrix":
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
