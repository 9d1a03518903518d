package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

const (
	// maxInputBytes bounds the JSON of one input.
	maxInputBytes = 1 << 20
	// maxInputDepth bounds how deep an input nests.
	maxInputDepth = 64
	// usualInputBytes is room for the JSON of most inputs.
	usualInputBytes = 256
)

// encodedInput is an input as JSON.
type encodedInput struct {
	complete bool // all of it is known; input and body are set
	input    []byte
	body     []byte // nil if nothing in it is sensitive
	draft    []byte // what is known of it, masked, if it is not complete
	parts    parts
	hidden   []string    // the attributes that are given and not among parts.plain
	coming   []attribute // the hidden ones of which something is unknown
}

// encodeInput writes an input as canonical JSON. Attributes that are null are
// left out at any depth; sensitive values stand in the clear in the body and
// masked in the input.
func encodeInput(v cty.Value, mask Mask) (encodedInput, error) {
	v, sensitive, volatile := unmark(v)
	switch {
	case volatile:
		return encodedInput{}, errors.New("it " + volatileInput)
	case !v.IsKnown():
		return encodedInput{}, checkUnknownInput(v)
	case v.IsNull():
		return encodedInput{}, errors.New(`it is null; it must be an object of the model's parameters, such as { prompt = "a harbour" }`)
	case !v.Type().IsObjectType() && !v.Type().IsMapType():
		return encodedInput{}, fmt.Errorf(`it is %s; it must be an object of the model's parameters, such as { prompt = "a harbour" }`, describeType(v.Type()))
	}
	result := encodedInput{complete: true}
	e := encoder{}
	e.out.Grow(usualInputBytes)
	attributes := sortedAttributes(v)
	result.parts.plain = make([]namedSpan, 0, len(attributes))
	e.out.WriteByte('{')
	for _, attribute := range attributes {
		start, secrets := e.out.Len(), len(e.secrets)
		if start > 1 {
			e.out.WriteByte(',')
		}
		e.string(attribute.name)
		e.out.WriteByte(':')
		from := e.out.Len()
		e.path = append(e.path[:0], attribute.name)
		value := attribute.value
		if sensitive {
			value = value.Mark(sensitiveMark)
		}
		written, err := e.value(value)
		switch {
		case errors.Is(err, errUnknown):
			result.complete = false
			result.hidden = append(result.hidden, attribute.name)
			result.coming = append(result.coming, attribute)
			e.secrets = e.secrets[:secrets]
			e.out.Truncate(start)
		case err != nil:
			return encodedInput{}, err
		case !written:
			e.out.Truncate(start)
		case len(e.secrets) == secrets:
			result.parts.plain = append(result.parts.plain, namedSpan{attribute.name, span{from, e.out.Len()}})
		default:
			result.hidden = append(result.hidden, attribute.name)
			result.parts.secret = append(result.parts.secret, namedSpan{attribute.name, span{from, e.out.Len()}})
		}
	}
	e.out.WriteByte('}')
	text := slices.Clone(e.out.Bytes()) // it is kept, the room to grow is not
	result.parts.text = text
	if result.complete {
		result.input, result.body = e.masked(text, mask)
	} else {
		result.draft, _ = e.masked(text, mask)
	}
	return result, nil
}

// checkUnknownInput accepts an input that is unknown as a whole, unless it is
// clear that it will be no object.
func checkUnknownInput(v cty.Value) error {
	if t := v.Type(); t != cty.DynamicPseudoType && !t.IsObjectType() && !t.IsMapType() {
		return fmt.Errorf("it will be %s; it must be an object of the model's parameters", describeType(t))
	}
	return nil
}

// errUnknown reports that a value is not known yet.
var errUnknown = errors.New("not known before apply")

// encoder writes values as JSON and remembers where the sensitive ones are.
type encoder struct {
	out     bytes.Buffer
	path    []string // to the value, for messages
	secrets []span
	within  bool // in a sensitive value
	lenient bool // nulls stay, numbers are rounded, marks are of no matter
}

type span struct{ from, to int }

// parts are the values of the top-level attributes that are known, by where they
// stand in the JSON of all, in the clear. Instances are many, and a map for each would
// be most of them.
type parts struct {
	text          []byte // nil if nothing is known of the attributes
	plain, secret []namedSpan
}

type namedSpan struct {
	name string
	span
}

// addTo adds the values at the spans.
func (p parts) addTo(values map[string]json.RawMessage, spans []namedSpan) {
	for _, s := range spans {
		values[s.name] = p.text[s.from:s.to:s.to]
	}
}

// value writes one value. It writes nothing for a null, unless lenient.
func (e *encoder) value(v cty.Value) (written bool, err error) {
	if len(e.path) > maxInputDepth {
		return false, e.wrong("nests deeper than %d levels", maxInputDepth)
	}
	if e.out.Len() > maxInputBytes && !e.lenient {
		return false, fmt.Errorf("it is larger than %d KiB as JSON; pass large data as a URL", maxInputBytes>>10)
	}
	v, sensitive, volatile := unmark(v)
	if volatile && !e.lenient {
		return false, e.wrong("%s", volatileInput)
	}
	if sensitive && !e.within && !e.lenient {
		e.within = true
		from := e.out.Len()
		written, err = e.plain(v)
		e.within = false
		if written {
			e.secrets = append(e.secrets, span{from, e.out.Len()})
		}
		return written, err
	}
	return e.plain(v)
}

func (e *encoder) plain(v cty.Value) (written bool, err error) {
	switch t := v.Type(); {
	case !v.IsKnown():
		return false, errUnknown
	case v.IsNull():
		if e.lenient {
			e.out.WriteString("null")
		}
		return e.lenient, nil
	case t == cty.String:
		if !utf8.ValidString(v.AsString()) {
			return false, e.wrong("is not valid UTF-8")
		}
		e.string(v.AsString())
	case t == cty.Number:
		return true, e.number(v.AsBigFloat())
	case t == cty.Bool:
		e.out.WriteString(strconv.FormatBool(v.True()))
	case t.IsObjectType(), t.IsMapType():
		return true, e.object(v)
	case t.IsListType(), t.IsTupleType(), t.IsSetType():
		return true, e.list(v)
	default:
		return false, e.wrong("is %s, which cannot be written as JSON", t.FriendlyName())
	}
	return true, nil
}

func (e *encoder) number(f *big.Float) error {
	text, err := decimal(f)
	if err != nil && e.lenient && !f.IsInf() && !isFar(f) {
		text, err = f.Text('g', maxDigits), nil
	}
	if err != nil {
		return e.wrong("%w", err)
	}
	e.out.WriteString(text)
	return nil
}

func (e *encoder) object(v cty.Value) error {
	e.out.WriteByte('{')
	first := true
	for _, attribute := range sortedAttributes(v) {
		start := e.out.Len()
		if !first {
			e.out.WriteByte(',')
		}
		e.string(attribute.name)
		e.out.WriteByte(':')
		e.path = append(e.path, "."+attribute.name)
		written, err := e.value(attribute.value)
		e.path = e.path[:len(e.path)-1]
		if err != nil {
			return err
		}
		if !written {
			e.out.Truncate(start)
			continue
		}
		first = false
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) list(v cty.Value) error {
	e.out.WriteByte('[')
	n := 0
	for it := v.ElementIterator(); it.Next(); n++ {
		if n > 0 {
			e.out.WriteByte(',')
		}
		_, element := it.Element()
		e.path = append(e.path, "["+strconv.Itoa(n)+"]")
		written, err := e.value(element)
		if err == nil && !written {
			err = e.wrong("is null; a null in a list means nothing to the API. Remove it, as in [for x in list : x if x != null]")
		}
		e.path = e.path[:len(e.path)-1]
		if err != nil {
			return err
		}
	}
	e.out.WriteByte(']')
	return nil
}

// string writes a text without the escapes that JSON in HTML would need.
func (e *encoder) string(s string) {
	if isPlain(s) {
		e.out.WriteByte('"')
		e.out.WriteString(s)
		e.out.WriteByte('"')
		return
	}
	encoder := json.NewEncoder(&e.out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s)           // a string into memory cannot fail
	e.out.Truncate(e.out.Len() - 1) // the newline
}

// isPlain reports whether a text stands in JSON as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (e *encoder) wrong(format string, args ...any) error {
	return fmt.Errorf("%s "+format, append([]any{strings.Join(e.path, "")}, args...)...)
}

// masked returns what was written with its sensitive parts masked, and, if
// there are any, in the clear.
func (e *encoder) masked(clear []byte, mask Mask) (input, body []byte) {
	if len(e.secrets) == 0 {
		return clear, nil
	}
	if mask == nil {
		mask = func(string) string { return "(sensitive)" }
	}
	covered := encoder{}
	at := 0
	for _, secret := range e.secrets {
		covered.out.Write(clear[at:secret.from])
		covered.string(mask(string(clear[secret.from:secret.to])))
		at = secret.to
	}
	covered.out.Write(clear[at:])
	return covered.out.Bytes(), clear
}

type attribute struct {
	name  string
	value cty.Value
}

// sortedAttributes lists those of an object or map by the bytes of their names.
func sortedAttributes(v cty.Value) []attribute {
	list := make([]attribute, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		name, value := it.Element()
		list = append(list, attribute{name.AsString(), value})
	}
	slices.SortFunc(list, func(a, b attribute) int { return strings.Compare(a.name, b.name) })
	return list
}

const volatileInput = "is made with timestamp(), uuid() or the like and differs at each run: it would buy everything again at each run. Put a fixed value into a variable instead"
