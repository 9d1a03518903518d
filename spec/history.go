package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/task"
)

// History is what import, moved and removed blocks say of records.
type History struct {
	Imports  []Import // by file order, one for each instance and task ID at most
	moves    moves
	removals []removal
}

// Import adopts a task that was bought elsewhere.
type Import struct {
	To     task.Address
	TaskID string
	Range  hcl.Range
}

// Refused is the error of an import that cannot be.
func (i Import) Refused(why string, args ...any) error {
	cause := fmt.Sprintf(why, args...)
	diag := failf(i.Range, "Import is not possible", "Task %q cannot become that of %s: %s", i.TaskID, i.To, cause)
	diag.Extra = origin{cause: cause}
	return hcl.Diagnostics{diag}
}

// historyBlock is an import, moved or removed block.
type historyBlock struct {
	block
	kind string
}

func (c *configuration) collectHistory(b *hcl.Block) hcl.Diagnostics {
	g := map[string]grammar{"import": importGrammar, "moved": movedGrammar, "removed": removedGrammar}[b.Type]
	content, diags := g.content(b.Body)
	for _, name := range g.attributes {
		if content.Attributes[name] == nil && !diags.HasErrors() {
			diags = append(diags, failf(b.DefRange, fmt.Sprintf("%s without %s", b.Type, name), "Add it, as in: %s", historyExamples[b.Type]))
		}
	}
	if !diags.HasErrors() {
		c.history = append(c.history, &historyBlock{block{content, b.DefRange}, b.Type})
	}
	return diags
}

var historyExamples = map[string]string{
	"import":  `to = task.hero["cat"] and id = "task_abc"`,
	"moved":   `from = task.a and to = task.b`,
	"removed": `from = task.a`,
}

// setHistory checks the blocks against what is declared.
func (c *configuration) setHistory(s *Spec) hcl.Diagnostics {
	var diags hcl.Diagnostics
	s.History.moves = newMoves()
	for _, b := range c.history {
		switch b.kind {
		case "import":
			diags = append(diags, c.setImport(s, b)...)
		case "moved":
			diags = append(diags, c.setMove(s, b)...)
		case "removed":
			diags = append(diags, c.setRemoval(s, b)...)
		}
	}
	return append(diags, s.History.moves.circles()...)
}

func (c *configuration) setImport(s *Spec, b *historyBlock) hcl.Diagnostics {
	at, diags := addressIn(b.content.Attributes["to"])
	if diags.HasErrors() {
		return diags
	}
	d := c.decoder(b.content)
	i := Import{To: at, TaskID: d.text("id"), Range: b.where}
	if _, declared := s.Instance(at); !declared {
		d.fail("to", "No such instance", "%s is not declared%s. An import goes to one instance of this configuration.", at, c.keyNeeded(at))
	}
	if v, ok := d.value("id", cty.String); ok && !plausibleID(v.AsString()) {
		d.fail("id", "Invalid task ID", "%q is not a task ID of APIXO: it has no spaces and at most %d characters.", clip(v.AsString(), 60), maxIDBytes)
	}
	if d.content.Attributes["id"] != nil && i.TaskID == "" && len(d.diags) == 0 {
		d.fail("id", "Invalid task ID", "It is null; it must be the ID of the task.")
	}
	for _, other := range s.History.Imports {
		switch {
		case other.To == i.To:
			d.diags = append(d.diags, duplicate(b.where, "import of "+at.String(), other.Range))
		case other.TaskID == i.TaskID:
			d.diags = append(d.diags, duplicate(b.where, fmt.Sprintf("import of task %q", i.TaskID), other.Range))
		}
	}
	if !d.diags.HasErrors() {
		s.History.Imports = append(s.History.Imports, i)
	}
	return d.diags
}

// keyNeeded says what is missing where a block was named for an instance.
func (c *configuration) keyNeeded(at task.Address) string {
	if b := c.taskByName[at.Name]; b != nil && at.Key.IsZero() && len(b.instances) > 0 {
		return fmt.Sprintf(" by itself: its instances have keys, such as %s", b.instances[0].Address)
	}
	return ""
}

// maxIDBytes bounds task IDs, which go into URLs and into every message.
const maxIDBytes = 200

func plausibleID(id string) bool {
	for _, r := range id {
		if r <= ' ' || r == 0x7f || r > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxIDBytes
}

// addressIn reads an address that is written as a reference. Without a key it
// stands for the task's only instance, or for the whole block.
func addressIn(attribute *hcl.Attribute) (task.Address, hcl.Diagnostics) {
	where := attribute.Expr.Range()
	wrong := hcl.Diagnostics{failf(where, "Invalid address", "It must be the address of a task or an instance, with a key that is written out: task.hero, task.hero[\"cat\"] or task.shot[3].")}
	traversal, diags := hcl.AbsTraversalForExpr(unwrapped(attribute.Expr))
	if diags.HasErrors() || len(traversal) < 2 || len(traversal) > 3 || traversal.RootName() != "task" {
		if !diags.HasErrors() && len(traversal) > 0 && traversal.RootName() == "module" {
			return task.Address{}, hcl.Diagnostics{failf(where, "No modules", "There are no modules: an address begins with task.")}
		}
		return task.Address{}, wrong
	}
	name, ok := stepName(traversal[1])
	if !ok {
		return task.Address{}, wrong
	}
	address := task.Address{Name: name}
	if len(traversal) == 3 {
		index, isIndex := traversal[2].(hcl.TraverseIndex)
		if !isIndex {
			return task.Address{}, wrong
		}
		if address.Key, ok = keyOf(index.Key); !ok {
			return task.Address{}, wrong
		}
	}
	return address, nil
}

func keyOf(v cty.Value) (task.Key, bool) {
	switch {
	case v.Type() == cty.String:
		return task.TextKey(v.AsString()), true
	case v.Type() == cty.Number:
		n, accuracy := v.AsBigFloat().Int64()
		if accuracy != 0 || n < 0 || n > mostInstances {
			return task.Key{}, false
		}
		return task.IndexKey(int(n)), true
	}
	return task.Key{}, false
}

// declares reports whether an address, or the block that it stands for, is declared.
func (c *configuration) declares(a task.Address, block bool) bool {
	b := c.taskByName[a.Name]
	if b == nil || block {
		return b != nil
	}
	_, there := b.instance(a.Key)
	return there
}
