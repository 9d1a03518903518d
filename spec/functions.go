package spec

import (
	"errors"
	"maps"
	"slices"

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
//	functions_set.go         setintersection, setsubtract, setunion
//	functions_element.go     coalesce, index, length, lookup, one ...
//	functions_encoding.go    jsondecode, yamlencode, base64decode, urlencode ...
//	functions_table.go       csvdecode, tsvdecode, jsonldecode (by tables.go)
//	functions_type.go        tonumber, toset, sensitive ... (by functions_convert.go)
//	functions_hash.go        md5, sha256, base64sha256, filesha256, uuidv5 ...
//	functions_batch.go       sample, seed, slug: not Terraform's
//	functions_time.go        formatdate, timeadd, timecmp, timestamp, uuid
//	functions_file.go        file, fileset, basename ... (by functions_reader.go)
//	functions_template.go    templatefile, templatestring
//	functions_try.go         try, can
//
// Left out are those about networks (cidr*), those whose result rests on the
// machine (abspath, pathexpand), or on chance or the time without a mark that says
// so (bcrypt, plantimestamp), and rsadecrypt, whose key would have to be in a file.
//
// The marks of arguments pass to the results. dir is the configuration's
// directory, for the places of errors in templates.
func functions(dir string, files *fileReader) map[string]function.Function {
	table := make(map[string]function.Function)
	for _, group := range []map[string]function.Function{
		numberFunctions(), stringFunctions(), collectionFunctions(), setFunctions(), elementFunctions(),
		encodingFunctions(), tableFunctions(files.tables), typeFunctions(), timeFunctions(), fileFunctions(files),
		hashFunctions(files), batchFunctions(),
	} {
		maps.Copy(table, group)
	}
	for name, f := range table {
		table[name] = discreet(sized(name, f))
	}
	table["try"] = tryFunction()
	table["can"] = canFunction()
	// A template cannot render further templates: it could call itself.
	within := maps.Clone(table)
	table["templatefile"] = discreet(templatefileFunction(dir, files, within))
	table["templatestring"] = discreet(templatestringFunction(within))
	return table
}

// functionsLeftOut are those of Terraform that there are not, and why.
var functionsLeftOut = map[string]string{
	"abspath":       " A path of this machine would make another request on the next; paths count from the configuration's directory.",
	"bcrypt":        " Its result differs at each evaluation, so that everything made from it would be bought again.",
	"cidrhost":      " Those about networks are left out.",
	"cidrnetmask":   " Those about networks are left out.",
	"cidrsubnet":    " Those about networks are left out.",
	"cidrsubnets":   " Those about networks are left out.",
	"list":          " Write [a, b], or tolist([a, b]).",
	"map":           " Write { a = b }, or tomap({ a = b }).",
	"pathexpand":    " A path of this machine would make another request on the next; paths count from the configuration's directory.",
	"plantimestamp": " The time differs at each plan; a variable can hold one that stays.",
	"rsadecrypt":    " Its key would have to be in a file; a sensitive variable takes a secret.",
}

var errNoResult = errors.New("there is no result for these arguments")

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
			value, err := callBounded(f, args)
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

// callBounded calls a function, and refuses numbers out of range among its
// arguments and as its result.
func callBounded(f function.Function, args []cty.Value) (cty.Value, error) {
	args = slices.Clone(args)
	for n := range args {
		to := parameterOf(f, n).Type
		if !convertsLate(to) {
			continue
		}
		arg, err := converted(args[n], to)
		if err != nil {
			return cty.NilVal, function.NewArgError(n, err)
		}
		args[n] = arg
	}
	value, err := f.Call(args)
	var panicked function.PanicError
	switch {
	case errors.As(err, &panicked): // cty's log and pow do, where the result is no number
		err = errNoResult
	case err == nil && value.Type() == cty.Number:
		err = near(value)
	}
	return value, err
}

func parameterOf(f function.Function, n int) function.Parameter {
	if params := f.Params(); n < len(params) {
		return params[n]
	}
	return *f.VarParam()
}

// convertsLate reports whether callBounded converts arguments to the type: to
// numbers, which it bounds, and to collections, which the language may do in a
// time that grows with the square of the elements.
func convertsLate(t cty.Type) bool { return t == cty.Number || t.IsCollectionType() }

// permissive leaves it to the function what to make of the argument.
func permissive(p function.Parameter) function.Parameter {
	if convertsLate(p.Type) {
		p.Type = cty.DynamicPseudoType
	}
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
