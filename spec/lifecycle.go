package spec

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/task"
)

// Lifecycle says which changes buy an instance anew.
type Lifecycle struct {
	// IgnoreChanges names the attributes of the input whose change alone keeps the
	// result there is; IgnoreAll is all of them.
	IgnoreChanges []string
	IgnoreAll     bool
	// PreventRegenerate keeps a result from being bought anew.
	PreventRegenerate bool
	// Triggers name the instances whose new results make this one's too old. They
	// are among DependsOn.
	Triggers []Trigger
}

// Trigger is one element of replace_triggered_by.
type Trigger struct {
	Name      string         // a task or an instance of one, as in task.hero
	Instances []task.Address // that it stands for
}

// checkLifecycle reads the lifecycle block, and lists what triggers a new result.
func (c *configuration) checkLifecycle(b *taskBlock, in scope) ([]taskUse, hcl.Diagnostics) {
	found, diags := single(b.content, "lifecycle")
	if found == nil {
		return nil, diags
	}
	content, contentDiags := lifecycleGrammar.content(found.Body)
	diags = append(diags, contentDiags...)
	d := c.decoder(content)
	b.lifecycle.PreventRegenerate = d.boolean("prevent_regenerate")
	d.ignoreChanges(&b.lifecycle)
	triggers, triggerDiags := c.taskList(content.Attributes["replace_triggered_by"], in)
	b.triggers = triggers
	return triggers, slices.Concat(diags, d.diags, triggerDiags)
}

const ignoreExample = "ignore_changes = [input.seed], or ignore_changes = all"

func (d *decoder) ignoreChanges(into *Lifecycle) {
	attribute := d.content.Attributes["ignore_changes"]
	if attribute == nil {
		return
	}
	if hcl.ExprAsKeyword(unwrapped(attribute.Expr)) == "all" {
		into.IgnoreAll = true
		return
	}
	list, diags := hcl.ExprList(attribute.Expr)
	if diags.HasErrors() {
		d.fail("ignore_changes", "Invalid ignore_changes", "It is a list of attributes of the input: %s", ignoreExample)
		return
	}
	for _, element := range list {
		name, ok := inputAttribute(element)
		if !ok {
			d.diags = append(d.diags, failf(element.Range(), "Invalid ignore_changes", "Each element names one attribute of the input as a whole: %s", ignoreExample))
			continue
		}
		into.IgnoreChanges = append(into.IgnoreChanges, name)
	}
}

// inputAttribute is NAME of input.NAME or input["NAME"].
func inputAttribute(expr hcl.Expression) (string, bool) {
	traversal, diags := hcl.AbsTraversalForExpr(unwrapped(expr))
	if diags.HasErrors() || len(traversal) != 2 || traversal.RootName() != "input" {
		return "", false
	}
	return stepName(traversal[1])
}

// Ignores reports whether two requests differ in nothing but what is to be ignored.
func (l Lifecycle) Ignores(before, after task.Request) bool {
	if before.Model != after.Model || !l.IgnoreAll && len(l.IgnoreChanges) == 0 {
		return false
	}
	var old, now map[string]json.RawMessage
	if json.Unmarshal(before.Input, &old) != nil || json.Unmarshal(after.Input, &now) != nil {
		return false
	}
	ignored := func(name string, _ json.RawMessage) bool {
		return l.IgnoreAll || slices.Contains(l.IgnoreChanges, name)
	}
	maps.DeleteFunc(old, ignored)
	maps.DeleteFunc(now, ignored)
	return maps.EqualFunc(old, now, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// Prevented is the error of an instance that would be bought anew although
// prevent_regenerate is set, at its lifecycle block. detail is all that it says.
func (i *Instance) Prevented(detail string) error {
	where := i.Range
	if found, _ := single(i.expand.block.content, "lifecycle"); found != nil {
		where = found.DefRange
	}
	return hcl.Diagnostics{failf(where, "Result is protected", "%s", detail)}
}
