package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// variable is a variable block and the value that won.
type variable struct {
	block
	name      string
	typ       cty.Type // DynamicPseudoType if none is declared
	defaults  *typeexpr.Defaults
	typed     bool
	fallback  cty.Value // NilVal if the variable must be set
	sensitive bool
	nullable  bool      // null is a value; if not, it stands for the default
	value     cty.Value // NilVal until something sets it
	from      string    // what set it, for messages
	rules     []*validation

	description string
}

func (c *configuration) collectVariable(b *hcl.Block) hcl.Diagnostics {
	content, diags := variableGrammar.content(b.Body)
	diags = append(diags, validName("a variable", b)...)
	v := &variable{block: block{content, b.DefRange}, name: b.Labels[0], typ: cty.DynamicPseudoType}
	if first, ok := c.variables[v.name]; ok {
		return append(diags, duplicate(b.DefRange, fmt.Sprintf("variable %q", v.name), first.where))
	}
	c.variables[v.name] = v
	return append(diags, v.declare()...)
}

// declare decodes the block: all of it is constant.
func (v *variable) declare() hcl.Diagnostics {
	var diags hcl.Diagnostics
	if attribute := v.content.Attributes["type"]; attribute != nil {
		var typeDiags hcl.Diagnostics
		v.typ, v.defaults, typeDiags = typeexpr.TypeConstraintWithDefaults(unwrapped(attribute.Expr))
		v.typed = true
		diags = append(diags, typeDiags...)
		if typeDiags.HasErrors() {
			v.typ, v.defaults = cty.DynamicPseudoType, nil
		}
	}
	d := &decoder{content: v.content, c: &configuration{}}
	v.description = d.text("description")
	v.sensitive = d.boolean("sensitive")
	nullable, given := d.value("nullable", cty.Bool)
	v.nullable = !given || nullable.True()
	diags = append(diags, d.diags...)
	diags = append(diags, v.declareRules()...)
	if attribute := v.content.Attributes["default"]; attribute != nil {
		fallback, fallbackDiags := attribute.Expr.Value(nil)
		diags = append(diags, fallbackDiags...)
		if !fallbackDiags.HasErrors() {
			converted, err := v.convert(fallback)
			if err != nil {
				diags = append(diags, failf(attribute.Expr.Range(), "Invalid default", "The default of variable %q does not fit its type: %v.", v.name, err))
			}
			v.fallback = converted
			if err == nil && converted.IsNull() && !v.nullable {
				diags = append(diags, failf(attribute.Expr.Range(), "Invalid default", "The default of variable %q is null, and nullable = false says that null is no value of it. Remove one of the two lines.", v.name))
			}
		}
	}
	return diags
}

// convert makes a value fit the declared type, with the defaults of optional
// attributes filled in.
func (v *variable) convert(value cty.Value) (cty.Value, error) {
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	return converted(value, v.typ)
}

// set converts a value and makes it the variable's. Null stands for the default
// if the variable may not be null.
func (v *variable) set(value cty.Value, from string) error {
	value, err := v.convert(value)
	switch {
	case err != nil:
		return err
	case value.IsNull() && !v.nullable && v.fallback == cty.NilVal:
		return errors.New("it is null, which nullable = false rules out, and there is no default")
	case value.IsNull() && !v.nullable:
		value = v.fallback
	}
	v.value, v.from = value, from
	return nil
}

// setVariables gives every variable its value. What is named later wins: the
// default, the environment, apixo.vars.hcl, *.auto.vars.hcl by name, then the
// command line in its order. Values that are fixed win over all.
func (c *configuration) setVariables(opts LoadOptions) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(opts.Environ) {
		if v, ok := c.variables[name]; ok && v.settable(opts.Fixed) {
			diags = append(diags, v.setText(opts.Environ[name], "APIXO_VAR_"+name)...)
		}
	}
	own, err := c.ownVars()
	if err != nil {
		return append(diags, fileError("Cannot look for variable files", "%v.", err))
	}
	for _, path := range own {
		diags = append(diags, c.readVars(path)...)
	}
	for _, assignment := range opts.Vars {
		if assignment.File != "" {
			diags = append(diags, c.readVars(assignment.File)...)
			continue
		}
		v, ok := c.variables[assignment.Name]
		if !ok {
			diags = append(diags, fileError("Undeclared variable", "-var sets %q, which no variable block declares.%s", assignment.Name, suggest(assignment.Name, sortedKeys(c.variables))))
			continue
		}
		if !v.settable(opts.Fixed) {
			diags = append(diags, fileError("Variable is set already", "-var sets %q, whose value is part of what was approved. Only sensitive variables, which are kept nowhere, are given again.", assignment.Name))
			continue
		}
		diags = append(diags, v.setText(assignment.Value, "-var "+v.name)...)
	}
	diags = append(diags, c.fixVariables(opts.Fixed)...)
	if diags.HasErrors() {
		return diags // what is unset may be so because of them
	}
	return append(diags, c.finishVariables(opts.Ask)...)
}

// finishVariables fills in the defaults, asks for what is missing, and makes the
// object var.
func (c *configuration) finishVariables(ask func(Question) (string, error)) hcl.Diagnostics {
	var diags hcl.Diagnostics
	values := make(map[string]cty.Value, len(c.variables))
	for _, name := range sortedKeys(c.variables) {
		v := c.variables[name]
		if v.value == cty.NilVal {
			v.value, v.from = v.fallback, "its default"
		}
		if v.value == cty.NilVal && ask != nil && !diags.HasErrors() {
			diags = append(diags, v.ask(ask)...)
		} else if v.value == cty.NilVal {
			diags = append(diags, v.missing())
		}
		if v.value == cty.NilVal {
			v.value = cty.UnknownVal(v.typ.WithoutOptionalAttributesDeep())
		}
		values[name] = v.value
		if v.sensitive {
			values[name] = v.value.Mark(sensitiveMark)
		}
	}
	c.vars = cty.ObjectVal(values)
	c.root = &hcl.EvalContext{
		Variables: map[string]cty.Value{"var": c.vars, "local": cty.EmptyObjectVal},
		Functions: c.functions,
	}
	return diags
}

// Question asks for the value of a variable that nothing sets.
type Question struct {
	Variable    string
	Description string // "" if there is none
	Type        string // as it is declared, such as list(string)
	Sensitive   bool   // the answer must not be shown
}

// ask asks for the value. The answer is read like that of -var.
func (v *variable) ask(ask func(Question) (string, error)) hcl.Diagnostics {
	text, err := ask(Question{v.name, v.description, typeexpr.TypeString(v.typ), v.sensitive})
	if err != nil {
		return hcl.Diagnostics{failf(v.where, "Variable without a value", "Variable %q was asked for: %v.", v.name, err)}
	}
	return v.setText(text, "the answer")
}

func (v *variable) missing() *hcl.Diagnostic {
	return failf(v.where, "Variable without a value", "Variable %q has no default and nothing sets it. Pass -var '%s=…', set APIXO_VAR_%s, or write it into apixo.vars.hcl beside the configuration.", v.name, v.name, v.name)
}

// setText sets the variable from text outside of any file. For a variable of
// type string it is the text as it stands, else an expression.
func (v *variable) setText(text, from string) hcl.Diagnostics {
	value := cty.StringVal(text)
	if !v.takesText() {
		expr, diags := parseExpression(text, "<"+from+">")
		switch {
		case expr != nil && !diags.HasErrors():
			value, diags = expr.Value(nil)
		case expr == nil && !diags.HasErrors():
			return hcl.Diagnostics{v.unfit(from, "it is empty")}
		}
		if diags.HasErrors() {
			return hcl.Diagnostics{v.unfit(from, v.unreadable(text, diags[0]))}
		}
	} else if !utf8.ValidString(text) {
		return hcl.Diagnostics{v.unfit(from, "it is not UTF-8 text")}
	}
	if err := v.set(value, from); err != nil {
		return hcl.Diagnostics{v.unfit(from, err.Error())}
	}
	return nil
}

// unreadable says why text is no expression of the type, and shows none of it if the
// variable is sensitive.
func (v *variable) unreadable(text string, problem *hcl.Diagnostic) string {
	shown := strconv.Quote(clip(text, 60))
	if v.sensitive {
		shown = "it"
	}
	switch {
	case problem.Summary == outOfRangeSummary:
		return problem.Summary
	case problem.Summary == duplicateKeySummary && !v.sensitive:
		return strings.TrimSuffix(problem.Detail, ".")
	case problem.Summary == duplicateKeySummary:
		return problem.Summary
	case v.typ == cty.Number:
		return shown + " is no number"
	case v.typ == cty.Bool:
		return shown + " is neither true nor false"
	case v.typ == cty.DynamicPseudoType:
		return fmt.Sprintf("%s. Text needs quotes, as in '%s=\"abc\"'", problem.Summary, v.name)
	}
	return fmt.Sprintf("%s. Text inside lists and maps needs quotes, as in '%s=[\"a\", \"b\"]'", problem.Summary, v.name)
}

// takesText reports whether text is the value itself. Without a declared type
// the default tells.
func (v *variable) takesText() bool {
	if v.typed {
		return v.typ == cty.String
	}
	return v.fallback == cty.NilVal || v.fallback.IsNull() || v.fallback.Type() == cty.String
}

func (v *variable) unfit(from, why string) *hcl.Diagnostic {
	return failf(v.where, "Invalid value for a variable", "The value of variable %q, from %s, does not fit its type, %s: %s.", v.name, from, typeexpr.TypeString(v.typ), why)
}

// ownVars lists the variable files of the configuration's directory that are
// read without being named, the winning ones last.
func (c *configuration) ownVars() ([]string, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, err
	}
	var first, auto []string
	for _, entry := range entries { // sorted by name
		name := strings.TrimSuffix(entry.Name(), ".json")
		switch {
		case entry.IsDir(), strings.HasPrefix(name, "."):
		case name == "apixo.vars.hcl":
			first = append(first, filepath.Join(c.dir, entry.Name()))
		case strings.HasSuffix(name, ".auto.vars.hcl"):
			auto = append(auto, filepath.Join(c.dir, entry.Name()))
		}
	}
	return append(first, auto...), nil
}

// readVars sets variables from the attributes of a values file.
func (c *configuration) readVars(path string) hcl.Diagnostics {
	file, diags := c.parseFile(path)
	if diags.HasErrors() {
		return c.withoutSnippets(diags)
	}
	attributes, attributeDiags := file.Body.JustAttributes()
	diags = append(diags, c.withoutSnippets(attributeDiags)...)
	for _, name := range sortedKeys(attributes) {
		attribute := attributes[name]
		v, ok := c.variables[name]
		if !ok {
			diags = append(diags, warnf(attribute.NameRange, "Undeclared variable", "No variable block declares %q, so this value is not used.%s", name, suggest(name, sortedKeys(c.variables))))
			continue
		}
		value, valueDiags := attribute.Expr.Value(nil)
		if v.sensitive {
			valueDiags = c.withoutSnippets(valueDiags)
		}
		diags = append(diags, valueDiags...)
		if valueDiags.HasErrors() {
			continue
		}
		switch err := v.set(value, place(attribute.NameRange)); {
		case err != nil && v.sensitive:
			diags = append(diags, fileError("Invalid value for a variable", "The value at %s does not fit the type of variable %q, %s. It is sensitive and is not shown.", place(attribute.NameRange), name, typeexpr.TypeString(v.typ)))
		case err != nil:
			diags = append(diags, failf(attribute.Expr.Range(), "Invalid value for a variable", "The value does not fit the type of variable %q, %s (declared at %s): %v.", name, typeexpr.TypeString(v.typ), place(v.where), err))
		}
	}
	return diags
}

// withoutSnippets names the places of what is wrong in a values file, but shows no
// line of it where a variable is sensitive: its value may stand there.
func (c *configuration) withoutSnippets(diags hcl.Diagnostics) hcl.Diagnostics {
	sensitive := func(name string) bool { return c.variables[name].sensitive }
	if !slices.ContainsFunc(sortedKeys(c.variables), sensitive) {
		return diags
	}
	bare := make(hcl.Diagnostics, len(diags))
	for n, diag := range diags {
		plain := fileError(diag.Summary, "The value of a sensitive variable may stand there, so nothing of the file is shown.")
		if diag.Subject != nil {
			plain.Detail = "At " + place(*diag.Subject) + ". " + plain.Detail
		}
		plain.Severity = diag.Severity
		bare[n] = plain
	}
	return bare
}
