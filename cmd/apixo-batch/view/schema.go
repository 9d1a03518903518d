package view

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schemas are made of the Go types that are written, so that the two cannot differ.

// field is one field of an object, as encoding/json writes it.
type field struct {
	name, doc string
	optional  bool // it may be left out
	kind      kind
}

// kind is what a value may be.
type kind struct {
	base   string // text, number, integer, boolean, time, usd, object, list, map or any
	null   bool   // or null
	fields []field
	typ    reflect.Type // of an object
	of     *kind        // the values of a list, or of a map by name
}

// fieldsOf are the fields of a struct, with those of what is embedded in it.
func fieldsOf(t reflect.Type) (fields []field) {
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || name == "-" {
			continue
		}
		optional := strings.Contains(options, "omit")
		made := field{name: cmp.Or(name, f.Name), doc: f.Tag.Get("doc"), optional: optional, kind: kindOf(f.Type)}
		switch f.Type.Kind() {
		case reflect.Pointer:
			made.kind.null = !optional
		case reflect.Map:
			made.kind.null = made.kind.null && !optional
		}
		fields = append(fields, made)
	}
	return fields
}

// nullable is a value that may be left out, or null.
type nullable interface{ valueType() reflect.Type }

func (perhaps[T]) valueType() reflect.Type { return reflect.TypeFor[T]() }

func kindOf(t reflect.Type) kind {
	switch zero := reflect.Zero(t).Interface().(type) {
	case time.Time:
		return kind{base: "time"}
	case usd:
		return kind{base: "usd"}
	case json.RawMessage, inputMarks:
		return kind{base: "any"}
	case nullable:
		made := kindOf(zero.valueType())
		made.null = true
		return made
	case encoding.TextMarshaler:
		return kind{base: "text"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.String:
		return kind{base: "text"}
	case reflect.Bool:
		return kind{base: "boolean"}
	case reflect.Float64:
		return kind{base: "number"}
	case reflect.Int, reflect.Int64:
		return kind{base: "integer"}
	case reflect.Struct:
		return kind{base: "object", fields: fieldsOf(t), typ: t}
	case reflect.Slice:
		of := kindOf(t.Elem())
		return kind{base: "list", of: &of}
	case reflect.Map:
		of := kindOf(t.Elem())
		return kind{base: "map", null: true, of: &of}
	default:
		return kind{base: "any"}
	}
}

// text names a kind for people.
func (k kind) text() string {
	text := k.base
	switch k.base {
	case "list":
		text = "list of " + k.of.text()
	case "map":
		text = k.of.text() + " by name"
	}
	if k.null {
		text += " or null"
	}
	return text
}

// WriteEvents writes the types of the JSON lines and their fields, for people.
func WriteEvents(w io.Writer, width int) {
	fmt.Fprintln(w, "Every line has:")
	shown := make(shownTypes)
	shown.fields(w, fieldsOf(reflect.TypeFor[commonLine]()), "  ", width)
	for _, t := range lineTypes() {
		fmt.Fprintf(w, "\n%s\n  %s\n", t.name, Wrap(t.meaning, 2, 2, width))
		of := reflect.TypeOf(t.payload)
		if before, known := shown[of]; known && of.NumField() > 0 {
			fmt.Fprintf(w, "  Fields: those of %s.\n", before)
			continue
		}
		shown[of] = t.name
		shown.fields(w, fieldsOf(of), "  ", width)
	}
}

// columnOfFields is where the text of a field begins.
const columnOfFields = 34

// shownTypes are those whose fields stand above, by where.
type shownTypes map[reflect.Type]string

func (s shownTypes) fields(w io.Writer, fields []field, indent string, width int) {
	for _, f := range fields {
		inner := f.kind
		for inner.of != nil {
			inner = *inner.of
		}
		text := f.kind.text()
		where, above := s[inner.typ]
		if inner.typ != nil && !above {
			s[inner.typ] = f.name
		} else if above {
			text, inner.fields = text+" as "+where+" above", nil
		}
		if f.doc != "" {
			text += ": " + f.doc
		}
		name := indent + f.name
		if f.optional {
			name += "?"
		}
		if columns(name) >= columnOfFields {
			fmt.Fprintln(w, name)
			name = ""
		}
		fmt.Fprintln(w, pad(name, columnOfFields)+Wrap(text, columnOfFields, columnOfFields, width))
		s.fields(w, inner.fields, indent+"  ", width)
	}
}

// WriteEventsSchema writes the same as a JSON Schema of one line.
func WriteEventsSchema(w io.Writer) error {
	common := fieldsOf(reflect.TypeFor[commonLine]())
	var lines []any
	for _, t := range lineTypes() {
		schema := objectSchema(slices.Concat(common, fieldsOf(reflect.TypeOf(t.payload))))
		schema["title"], schema["description"] = t.name, t.meaning
		schema["properties"].(fields)["type"] = fields{"const": t.name}
		lines = append(lines, schema)
	}
	return WriteJSON(w, fields{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A line of apixo-batch -json, version " + UIVersion,
		"oneOf":   lines,
	}, "  ")
}

// objectSchema allows fields that it does not have: a later version may add some.
func objectSchema(of []field) fields {
	properties, required := fields{}, []string{}
	for _, f := range of {
		schema := f.kind.schema()
		if f.doc != "" {
			schema["description"] = f.doc
		}
		properties[f.name] = schema
		if !f.optional {
			required = append(required, f.name)
		}
	}
	return fields{"type": "object", "properties": properties, "required": required}
}

func (k kind) schema() fields {
	var schema fields
	switch k.base {
	case "any":
		return fields{}
	case "object":
		schema = objectSchema(k.fields)
	case "list":
		schema = fields{"type": "array", "items": k.of.schema()}
	case "map":
		schema = fields{"type": "object", "additionalProperties": k.of.schema()}
	case "time":
		schema = fields{"type": "string", "format": "date-time"}
	case "usd":
		schema = fields{"type": "string", "pattern": usdPattern, "description": "US dollars"}
	case "text":
		schema = fields{"type": "string"}
	default:
		schema = fields{"type": k.base}
	}
	if k.null {
		schema["type"] = []any{schema["type"], "null"}
	}
	return schema
}

// usdPattern is how an amount is written.
const usdPattern = `^-?[0-9]+\.[0-9]{2,6}$`
