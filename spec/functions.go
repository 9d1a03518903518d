package spec

import (
	"errors"
	"maps"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// functions returns what expressions may call: Terraform's functions, under
// its names and with its results, as far as they make sense here. Most are
// those of cty's standard library; where Terraform differs from it, so do they.
// They stand by what they are about:
//
//	functions_number.go      abs, max, parseint, sum ...
//	functions_string.go      format, replace, split, startswith ...
//	functions_collection.go  concat, keys, merge, range ...
//	functions_element.go     coalesce, index, length, lookup, one ...
//	functions_encoding.go    jsondecode, yamlencode, base64decode, sha256 ...
//	functions_table.go       csvdecode, tsvdecode, jsonldecode (by tables.go)
//	functions_type.go        tonumber, toset, sensitive ...
//	functions_time.go        formatdate, timeadd, timestamp, uuid
//	functions_file.go        file, fileset, basename ... (by functions_reader.go)
//	functions_template.go    templatefile
//	functions_try.go         try, can
//
// The marks of arguments pass to the results. dir is the configuration's
// directory, for the places of errors in templates.
func functions(dir string, files *fileReader) map[string]function.Function {
	table := make(map[string]function.Function)
	for _, group := range []map[string]function.Function{
		numberFunctions(), stringFunctions(), collectionFunctions(), elementFunctions(),
		encodingFunctions(), tableFunctions(files.tables), typeFunctions(), timeFunctions(), fileFunctions(files),
	} {
		maps.Copy(table, group)
	}
	for name, f := range table {
		table[name] = discreet(f)
	}
	table["try"] = tryFunction()
	table["can"] = canFunction()
	// A template cannot render further templates: it could call itself.
	table["templatefile"] = discreet(templatefileFunction(dir, files, maps.Clone(table)))
	return table
}

// errSensitive stands in for an error that may quote a sensitive argument.
var errSensitive = errors.New("the call failed; it has a sensitive argument, so the reason is not shown")

// discreet wraps a function so that an error does not quote a sensitive value:
// most of them repeat what they cannot read. All else is left to the function,
// so the wrapper itself lets every argument through.
func discreet(f function.Function) function.Function {
	spec := function.Spec{
		Description: f.Description(),
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			value, err := f.Call(args)
			if err == nil {
				return value, nil
			}
			for _, arg := range args {
				if hasMarkDeep(arg, sensitiveMark) {
					return cty.NilVal, withoutReason(err)
				}
			}
			return cty.NilVal, err
		},
	}
	for _, p := range f.Params() {
		spec.Params = append(spec.Params, permissive(p))
	}
	if p := f.VarParam(); p != nil {
		p := permissive(*p)
		spec.VarParam = &p
	}
	return function.New(&spec)
}

func permissive(p function.Parameter) function.Parameter {
	p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
	return p
}

// withoutReason keeps which argument the error is about.
func withoutReason(err error) error {
	var argument function.ArgError
	if errors.As(err, &argument) {
		return function.NewArgError(argument.Index, errSensitive)
	}
	return errSensitive
}

// textFunction makes a function of one text that returns a text.
func textFunction(parameter string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: parameter, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result, err := f(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.StringVal(result), nil
		},
	})
}
