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
	// never are names of attributes and blocks that hands may write out of habit
	// and that have no meaning here, with what to write instead.
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
		never: map[string]string{
			"resource":  `What is to be made is a task: task "hero" { model = "nano-banana" … }`,
			"data":      `Data come from files: locals { rows = csvdecode(file("rows.csv")) }`,
			"module":    "All .hcl files of a directory are one configuration; defaults, locals and for_each share what is common.",
			"provider":  "Where the API is, and which of a model's providers to use, is in the apixo block: apixo { provider = \"value\" }",
			"terraform": "Nothing needs it: the state lies beside the configuration.",
			"check":     "A task has precondition and postcondition blocks, an output precondition blocks.",
		},
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
		never: map[string]string{
			"source":      `Rows come in by for_each: for_each = csvdecode(file("prompts.csv")) and key = each.value.id`,
			"dynamic":     "Its input is an expression, in which a for expression makes lists and objects.",
			"provisioner": "Nothing is run for a task; what comes after an apply is up to the shell.",
			"connection":  "Nothing is run for a task; what comes after an apply is up to the shell.",
		},
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
			"precondition":          "It stands in the task block itself: move it out of lifecycle.",
			"postcondition":         "It stands in the task block itself: move it out of lifecycle.",
		},
	}
	importGrammar     = grammar{attributes: []string{"to", "id"}, exprs: []string{"to"}}
	movedGrammar      = grammar{attributes: []string{"from", "to"}, exprs: []string{"from", "to"}}
	removedGrammar    = grammar{attributes: []string{"from"}, exprs: []string{"from"}}
	validationGrammar = grammar{
		attributes: []string{"condition", "error_message"},
	}
	outputGrammar = grammar{
		attributes: []string{"value", "description", "sensitive", "depends_on"},
		blocks:     []string{"precondition"},
		exprs:      []string{"depends_on"},
		never:      map[string]string{"ephemeral": "Values of outputs are in no file of ours; sensitive = true keeps one from being shown."},
	}
	retryGrammar = grammar{
		attributes: []string{"max_attempts", "calls"},
		never:      map[string]string{"on": `Which failures of a task are tried again is said for each fail code, outside of the task: error "NEW_CODE" { retry = true … }. calls is for those of single calls.`},
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
	body, refused := g.refuse(body, schema)
	content, diags := body.Content(schema)
	diags = append(diags, native(content.Attributes, g.exprs, g.literal)...)
	return content, append(refused, diags...)
}

// refuse reports what the grammar refuses by name. Lest it is reported as unknown
// too, attributes are added to the schema, and blocks left out of the body.
func (g grammar) refuse(body hcl.Body, schema *hcl.BodySchema) (hcl.Body, hcl.Diagnostics) {
	refused := &hcl.BodySchema{}
	for _, name := range slices.Concat([]string{"api_key", "key"}, sortedKeys(g.never)) {
		if !slices.Contains(g.attributes, name) {
			refused.Attributes = append(refused.Attributes, hcl.AttributeSchema{Name: name})
		}
	}
	var diags hcl.Diagnostics
	found, _, _ := body.PartialContent(refused) // what is wrong besides, Content reports
	for name, attribute := range found.Attributes {
		if reason := g.never[name]; reason != "" {
			diags = append(diags, notHere(attribute.NameRange, name, reason))
		} else {
			diags = append(diags, failf(attribute.NameRange, "Key in a file", "The key comes from APIXO_API_KEY only, so that it ends up in no file and no history. Remove this line, and make a new key if the file was shared."))
		}
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	body, blockDiags := g.refuseBlocks(body)
	return body, append(diags, blockDiags...)
}

// refuseBlocks is refuse for blocks; in JSON they look like attributes.
func (g grammar) refuseBlocks(body hcl.Body) (hcl.Body, hcl.Diagnostics) {
	syntax, ok := body.(*hclsyntax.Body)
	if !ok {
		return body, nil
	}
	var diags hcl.Diagnostics
	rest := *syntax
	rest.Blocks = nil
	for _, b := range syntax.Blocks {
		if reason := g.never[b.Type]; reason != "" {
			diags = append(diags, notHere(b.DefRange(), b.Type, reason))
		} else {
			rest.Blocks = append(rest.Blocks, b)
		}
	}
	if len(diags) == 0 {
		return body, nil
	}
	return &rest, diags
}

func notHere(where hcl.Range, name, instead string) *hcl.Diagnostic {
	return failf(where, "Not part of the language", "There is no %q here. %s", name, instead)
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
