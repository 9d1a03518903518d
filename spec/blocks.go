package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"apixo-batch/spec/task"
)

// modelBlock is a model block.
type modelBlock struct {
	block
	id       string // aliases are resolved
	settings settings
	bare     hcl.Range // of a price that is a number alone; zero if none is
}

// collect sorts the blocks of one file into the configuration. It evaluates
// nothing.
func (c *configuration) collect(body hcl.Body) hcl.Diagnostics {
	content, diags := rootGrammar.content(body)
	c.misnamed = c.misnamed || diags.HasErrors()
	for _, b := range content.Blocks {
		switch b.Type {
		case "batch":
			diags = append(diags, collectOnly(&c.batch, b, batchGrammar)...)
		case "apixo":
			diags = append(diags, collectOnly(&c.apixo, b, apixoGrammar)...)
		case "defaults":
			diags = append(diags, collectOnly(&c.defaults, b, defaultsGrammar)...)
		case "model":
			diags = append(diags, c.collectModel(b)...)
		case "error":
			diags = append(diags, c.collectError(b)...)
		case "variable":
			diags = append(diags, c.collectVariable(b)...)
		case "locals":
			diags = append(diags, c.collectLocals(b)...)
		case "task":
			diags = append(diags, c.collectTask(b)...)
		case "output":
			diags = append(diags, c.collectOutput(b)...)
		case "import", "moved", "removed":
			diags = append(diags, c.collectHistory(b)...)
		}
	}
	return diags
}

// collectOnly decodes a block of which there is at most one.
func collectOnly(into **block, b *hcl.Block, g grammar) hcl.Diagnostics {
	if *into != nil {
		return hcl.Diagnostics{duplicate(b.DefRange, b.Type+" block", (*into).where)}
	}
	content, diags := g.content(b.Body)
	*into = &block{content, b.DefRange}
	return diags
}

func (c *configuration) collectModel(b *hcl.Block) hcl.Diagnostics {
	content, diags := modelGrammar.content(b.Body)
	id := b.Labels[0]
	if id == "" {
		return append(diags, modelWithoutName(b.LabelRanges[0]))
	}
	id, _ = c.catalog.ID(id)
	model := &modelBlock{block: block{content, b.DefRange}, id: id}
	if first, ok := c.modelByID[id]; ok {
		return append(diags, duplicate(b.DefRange, fmt.Sprintf("model block %q", id), first.where))
	}
	c.modelByID[id] = model
	c.models = append(c.models, model)
	return diags
}

// modelID resolves an alias. An ID that the catalog does not know is taken as
// it is; unless a model block declares it, with a warning: models come and go.
func (c *configuration) modelID(name string, where hcl.Range) (string, hcl.Diagnostics) {
	if name == "" {
		return "", hcl.Diagnostics{modelWithoutName(where)}
	}
	id, _ := c.catalog.ID(name)
	if _, known := c.catalog.Lookup(id); known {
		return id, nil
	}
	if _, declared := c.modelByID[id]; declared {
		return id, nil
	}
	hint := ""
	if near := c.catalog.Suggest(name); near != "" {
		hint = fmt.Sprintf(" Did you mean %q?", near)
	}
	return id, hcl.Diagnostics{warnf(where, "Unknown model", "The catalog knows no model %q.%s Its parameters, price and limits are not known; a model block declares it, and may give price and limits.", name, hint)}
}

func modelWithoutName(where hcl.Range) *hcl.Diagnostic {
	return failf(where, "Model without a name", "A model's ID is needed, such as \"nano-banana\". The command apixo-batch models lists them.")
}

// unusedModels warns of model blocks that nothing uses and that no catalog
// knows: most likely a slip.
func (c *configuration) unusedModels(s *Spec) hcl.Diagnostics {
	used := make(map[string]bool)
	for _, i := range s.Instances {
		used[i.Model] = true
	}
	var diags hcl.Diagnostics
	for _, model := range c.models {
		if _, known := c.catalog.Lookup(model.id); known || used[model.id] {
			continue
		}
		hint := ""
		if near := c.catalog.Suggest(model.id); near != "" {
			hint = fmt.Sprintf(" Did you mean %q?", near)
		}
		diags = append(diags, warnf(model.where, "Unknown model", "The catalog knows no model %q, and no task uses it.%s", model.id, hint))
	}
	return diags
}

func (c *configuration) collectTask(b *hcl.Block) hcl.Diagnostics {
	content, diags := taskGrammar.content(b.Body)
	declared := &taskBlock{
		block: block{content, b.DefRange},
		name:  b.Labels[0],
	}
	diags = append(diags, validName("a task", b)...)
	if first, ok := c.taskByName[declared.name]; ok {
		return append(diags, duplicate(b.DefRange, fmt.Sprintf("task %q", declared.name), first.where))
	}
	c.taskByName[declared.name] = declared
	c.tasks = append(c.tasks, declared)
	return diags
}

// validName requires a label that can be written in a reference.
func validName(what string, b *hcl.Block) hcl.Diagnostics {
	name := b.Labels[0]
	_, err := task.ParseAddress("task." + name)
	if err == nil && hclsyntax.ValidIdentifier(name) && len(name) <= maxNameBytes {
		return nil
	}
	return hcl.Diagnostics{failf(b.LabelRanges[0], "Invalid name", "%q cannot be the name of %s. A name starts with a letter or _, continues with letters, digits, _ and -, and has at most %d bytes.", name, what, maxNameBytes)}
}

// maxNameBytes bounds names, since they become parts of file names.
const maxNameBytes = 128

func (c *configuration) collectOutput(b *hcl.Block) hcl.Diagnostics {
	content, diags := outputGrammar.content(b.Body)
	diags = append(diags, validName("an output", b)...)
	output := &outputBlock{block: block{content, b.DefRange}, name: b.Labels[0]}
	for _, other := range c.outputs {
		if other.name == output.name {
			return append(diags, duplicate(b.DefRange, fmt.Sprintf("output %q", output.name), other.where))
		}
	}
	if content.Attributes["value"] == nil {
		diags = append(diags, failf(b.DefRange, "Output without a value", "Add a value, such as: value = task.hero.urls"))
	}
	c.outputs = append(c.outputs, output)
	return diags
}
