package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

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
		if w.scope.self != nil {
			w.selfOf(traversal)
		} else {
			w.pathName(traversal, "name", "key")
		}
	case "result":
		w.pathName(traversal, "index", "ext")
	case "matrix":
		w.matrixOf(traversal)
	default:
		hint := suggest(root, []string{"var", "local", "task", "each", "count", "matrix"})
		if _, ok := w.c.taskByName[root]; ok {
			hint = fmt.Sprintf(" Did you mean task.%s?", root)
		} else if _, ok := w.c.variables[root]; ok {
			hint = fmt.Sprintf(" Did you mean var.%s?", root)
		} else if _, ok := w.c.locals[root]; ok {
			hint = fmt.Sprintf(" Did you mean local.%s?", root)
		}
		w.fail(where, "Unknown reference", "There is nothing called %q. A reference begins with var, local, task, each, count or matrix; a text needs quotes.%s", root, hint)
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
		if w.scope.keyless {
			w.fail(where, "No each.key here", "This makes each.key. Use each.value, as in key = each.value.id")
		}
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

func (w *referenceWalker) matrixOf(traversal hcl.Traversal) {
	where := traversal.SourceRange()
	if w.scope.matrix == nil {
		w.fail(where, "No matrix here", "matrix exists in a task with a matrix block only.")
		return
	}
	w.refs.matrix = true
	if len(traversal) == 1 {
		return
	}
	names := w.scope.matrix.names()
	if name, ok := stepName(traversal[1]); ok && !slices.Contains(names, name) && w.guards == 0 {
		w.fail(where, "Unknown axis", "The matrix has %s, no %q.%s", strings.Join(names, ", "), name, suggest(name, names))
	}
}

func (w *referenceWalker) pathName(traversal hcl.Traversal, names ...string) {
	root := traversal.RootName()
	if !w.scope.paths {
		w.fail(traversal.SourceRange(), "Not available here", "%s exists in output paths%s only.", root, map[string]string{"self": ", preconditions and postconditions of tasks"}[root])
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

// selfOf handles self in a guard.
func (w *referenceWalker) selfOf(traversal hcl.Traversal) {
	name, ok := w.second(traversal, "self."+w.scope.self[0])
	if ok && !slices.Contains(w.scope.self, name) {
		w.fail(traversal.SourceRange(), "Unknown reference", "Here self has %s, no %q.%s", strings.Join(w.scope.self, ", "), name, suggest(name, w.scope.self))
	}
}

// early names what can be used where tasks cannot.
func (s scope) early() string {
	switch {
	case s.keyless:
		return "variables, locals and each.value"
	case s.each:
		return "variables, locals and each.key"
	case s.count:
		return "variables, locals and count.index"
	default:
		return "variables and locals"
	}
}

// task resolves the name after task; nil if it reported an error.
func (w *referenceWalker) task(traversal hcl.Traversal) *taskBlock {
	where := traversal.SourceRange()
	if !w.scope.tasks {
		w.fail(where, "Result used too early", "A task's result is not known before it has run. Here only %s can be used.", w.scope.early())
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
	use := taskUse{block: block, guarded: w.guards > 0, input: true, where: w.place(traversal.SourceRange())}
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
