package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// block is a block and its content.
type block struct {
	content *hcl.BodyContent
	where   hcl.Range // of its header
}

// grammar is what a block may hold.
type grammar struct {
	attributes []string
	blocks     []string // without labels
	labelled   []string // with one label
	// later are the names of attributes and blocks that are part of the
	// language and not built yet. They are refused by name, never ignored.
	later []string
	// never are names of Terraform that have no meaning here, and why.
	never map[string]string
	// In JSON, texts are templates, as if in quotes, but for these attributes,
	// where they are expressions. If literal is set, all others are plain.
	exprs   []string
	literal bool
}

var (
	rootGrammar = grammar{
		blocks:   []string{"batch", "apixo", "defaults", "locals", "import", "moved", "removed"},
		labelled: []string{"model", "error", "variable", "task", "output"},
	}
	batchGrammar = grammar{
		attributes: []string{"parallelism", "budget", "output", "on_in_doubt", "max_retry_wait", "max_instances", "provider", "timeout", "allow_duplicates"},
		blocks:     []string{"retry", "poll"},
	}
	apixoGrammar = grammar{attributes: []string{"base_url", "provider", "rate", "max_in_flight"}}
	modelGrammar = grammar{
		attributes: []string{"price", "max_in_flight", "rate", "timeout", "provider", "output"},
		blocks:     []string{"retry", "poll"},
	}
	errorGrammar    = grammar{attributes: []string{"class", "retry", "action"}}
	variableGrammar = grammar{
		attributes: []string{"type", "default", "description", "sensitive", "nullable"},
		blocks:     []string{"validation"},
		never:      map[string]string{"ephemeral": "No file of ours holds the value of a sensitive variable, so that is what there is: sensitive = true."},
		exprs:      []string{"type"},
		literal:    true,
	}
	taskGrammar = grammar{
		attributes: []string{"model", "for_each", "key", "count", "input", "depends_on", "timeout", "output", "provider", "allow_duplicates"},
		blocks:     []string{"matrix", "retry", "poll", "lifecycle", "precondition", "postcondition"},
		exprs:      []string{"depends_on"},
		later:      []string{"source"},
	}
	defaultsGrammar = grammar{
		attributes: []string{"model", "input", "provider", "output", "timeout"},
		blocks:     []string{"retry", "poll"},
	}
	guardGrammar = grammar{
		attributes: []string{"condition", "error_message"},
		exprs:      []string{"condition"},
	}
	lifecycleGrammar = grammar{
		attributes: []string{"ignore_changes", "prevent_regenerate", "replace_triggered_by"},
		exprs:      []string{"ignore_changes", "replace_triggered_by"},
		never: map[string]string{
			"prevent_destroy":       "Nothing is ever destroyed; prevent_regenerate = true keeps a result from being bought anew.",
			"create_before_destroy": "Nothing is ever destroyed: an older file is kept under another name.",
		},
	}
	importGrammar     = grammar{attributes: []string{"to", "id"}, exprs: []string{"to"}}
	movedGrammar      = grammar{attributes: []string{"from", "to"}, exprs: []string{"from", "to"}}
	removedGrammar    = grammar{attributes: []string{"from"}, exprs: []string{"from"}}
	validationGrammar = grammar{
		attributes: []string{"condition", "error_message"},
	}
	outputGrammar = grammar{
		attributes: []string{"value", "description", "sensitive"},
		later:      []string{"depends_on", "precondition"},
	}
	retryGrammar = grammar{
		attributes: []string{"max_attempts", "calls"},
		later:      []string{"on"},
	}
	pollGrammar = grammar{attributes: []string{"first", "interval", "max_interval"}}
)

// content decodes a body by its grammar.
func (g grammar) content(body hcl.Body) (*hcl.BodyContent, hcl.Diagnostics) {
	schema := &hcl.BodySchema{}
	for _, name := range g.attributes {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, name := range g.blocks {
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	for _, name := range g.labelled {
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: name, LabelNames: []string{"name"}})
	}
	refused := g.refuse(body, schema)
	content, diags := body.Content(schema)
	diags = append(diags, native(content.Attributes, g.exprs, g.literal)...)
	return content, append(refused, diags...)
}

// refuse reports what the grammar refuses by name, and adds it to the schema
// lest it is reported as unknown too.
func (g grammar) refuse(body hcl.Body, schema *hcl.BodySchema) hcl.Diagnostics {
	refused := &hcl.BodySchema{}
	for _, name := range slices.Concat([]string{"api_key", "key"}, g.later, sortedKeys(g.never)) {
		if !slices.Contains(g.attributes, name) {
			refused.Attributes = append(refused.Attributes, hcl.AttributeSchema{Name: name})
		}
	}
	var diags hcl.Diagnostics
	found, _, _ := body.PartialContent(refused) // what is wrong besides, Content reports
	for name, attribute := range found.Attributes {
		if reason := g.never[name]; reason != "" {
			diags = append(diags, failf(attribute.NameRange, "Not part of the language", "There is no %q here. %s", name, reason))
		} else if slices.Contains(g.later, name) {
			diags = append(diags, notYet(attribute.NameRange, name))
		} else {
			diags = append(diags, failf(attribute.NameRange, "Key in a file", "The key comes from APIXO_API_KEY only, so that it ends up in no file and no history. Remove this line, and make a new key if the file was shared."))
		}
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	return append(diags, g.refuseBlocks(body, schema)...)
}

// refuseBlocks is refuse for blocks; in JSON they look like attributes.
func (g grammar) refuseBlocks(body hcl.Body, schema *hcl.BodySchema) hcl.Diagnostics {
	syntax, ok := body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	var diags hcl.Diagnostics
	seen := make(map[string]bool)
	for _, b := range syntax.Blocks {
		if !slices.Contains(g.later, b.Type) {
			continue
		}
		diags = append(diags, notYet(b.DefRange(), b.Type))
		if !seen[b.Type] {
			seen[b.Type] = true
			schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: b.Type, LabelNames: make([]string, len(b.Labels))})
		}
	}
	return diags
}

func notYet(where hcl.Range, name string) *hcl.Diagnostic {
	return failf(where, "Not supported yet", "%q is part of the language but not supported yet. Remove it: nothing here would take effect.", name)
}

// single returns the only block of a type, nil if there is none, and says of
// further ones where the first is.
func single(content *hcl.BodyContent, name string) (*hcl.Block, hcl.Diagnostics) {
	var first *hcl.Block
	var diags hcl.Diagnostics
	for _, b := range content.Blocks.OfType(name) {
		if first != nil {
			diags = append(diags, duplicate(b.DefRange, fmt.Sprintf("%s block", name), first.DefRange))
			continue
		}
		first = b
	}
	return first, diags
}

func duplicate(where hcl.Range, what string, first hcl.Range) *hcl.Diagnostic {
	return failf(where, "Duplicate "+what, "The first is at %s. Remove or rename one of the two.", place(first))
}

// place is a position as users read it: file:line.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
