package spec

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
)

// typesOf are the types of values that are not known yet, where they are known.
func typesOf(attributes []attribute) []catalog.Coming {
	var types []catalog.Coming
	for _, a := range attributes {
		coming := catalog.Coming{Param: a.name, Type: catalogType(a.value.Type())}
		switch t := a.value.Type(); {
		case t.IsListType(), t.IsSetType():
			coming.Elements = []string{catalogType(t.ElementType())}
		case t.IsTupleType():
			for _, element := range t.TupleElementTypes() {
				coming.Elements = append(coming.Elements, catalogType(element))
			}
		}
		if coming.Type != "" {
			types = append(types, coming)
		}
	}
	return types
}

// catalogType is the catalog's word for a type; "" if nothing is known of it.
func catalogType(t cty.Type) string {
	switch {
	case t == cty.String:
		return "string"
	case t == cty.Number:
		return "number"
	case t == cty.Bool:
		return "boolean"
	case t.IsObjectType(), t.IsMapType():
		return "object"
	case t.IsListType(), t.IsSetType(), t.IsTupleType():
		return "array"
	}
	return ""
}

// maxQuoted bounds the expressions that are shown as they would have to be.
const maxQuoted = 80

// writeAsList says how to make a list of an expression of the input, which stands at
// the given place if the input is written out.
func (i *Instance) writeAsList(where hcl.Range) string {
	file := i.expand.config.sources[where.Filename]
	if where != i.expand.block.input.Range() && file != nil && where.CanSliceBytes(file.Bytes) {
		if text := where.SliceBytes(file.Bytes); len(text) <= maxQuoted && !bytes.ContainsAny(text, "\r\n") {
			return " Write [" + string(text) + "]."
		}
	}
	return " Write [...] around it."
}
