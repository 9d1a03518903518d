package spec

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// templatefileFunction renders a file as a template of the language. The
// template sees the given variables and functions and nothing else.
func templatefileFunction(dir string, files *fileReader, functions map[string]function.Function) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "path", Type: cty.String},
			{Name: "vars", Type: cty.DynamicPseudoType},
		},
		// A template of one interpolation gives that value, of whatever type.
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			template, err := parseTemplate(dir, files, args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return render(template, args[1], functions)
		},
	})
}

// templatestringFunction renders a text as a template.
func templatestringFunction(functions map[string]function.Function) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "template", Type: cty.String},
			{Name: "vars", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text := args[0].AsString()
			if len(text) > maxTemplate {
				return cty.NilVal, function.NewArgErrorf(0, "the template is larger than %d MiB", maxTemplate>>20)
			}
			template, diags := parseBounded([]byte(text), "<templatestring argument>", hcl.InitialPos, hclsyntax.LexTemplate, hclsyntax.ParseTemplate)
			if diags.HasErrors() {
				return cty.NilVal, function.NewArgError(0, diags)
			}
			return render(template, args[1], functions)
		},
	})
}

// render evaluates a template with the variables, the second argument of the
// functions above.
func render(template hclsyntax.Expression, vars cty.Value, functions map[string]function.Function) (cty.Value, error) {
	variables, err := templateVariables(vars)
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	if err := checkReferences(template, variables); err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	value, diags := template.Value(withSteps(&hcl.EvalContext{Variables: variables, Functions: functions}))
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return value, nil
}

func parseTemplate(dir string, files *fileReader, path string) (hclsyntax.Expression, error) {
	text, err := files.text(path, maxTemplate)
	if err != nil {
		return nil, err
	}
	template, diags := parseBounded([]byte(text), filepath.Join(dir, path), hcl.InitialPos, hclsyntax.LexTemplate, hclsyntax.ParseTemplate)
	if diags.HasErrors() {
		return nil, diags
	}
	return template, nil
}

func templateVariables(vars cty.Value) (map[string]cty.Value, error) {
	if ty := vars.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, fmt.Errorf("the variables must be an object, such as { name = \"value\" }, not %s", ty.FriendlyName())
	}
	variables := vars.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !hclsyntax.ValidIdentifier(name) {
			return nil, fmt.Errorf("%q cannot be a variable of a template; a name begins with a letter and has letters, digits, _ and -", name)
		}
	}
	return variables, nil
}

// checkReferences names the argument to mend where the language would speak of
// a variable that is not declared.
func checkReferences(template hclsyntax.Expression, variables map[string]cty.Value) error {
	for _, reference := range template.Variables() {
		name := reference.RootName()
		if _, ok := variables[name]; !ok {
			place := reference.SourceRange()
			return fmt.Errorf("the template uses %q at %s:%d,%d, which the variables do not hold",
				name, place.Filename, place.Start.Line, place.Start.Column)
		}
	}
	return nil
}
