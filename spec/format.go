package spec

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxShownBytes bounds a value as text. Since each level is indented further, it
// bounds the depth as well: what nests deeper than some 4,000 levels does not
// fit.
const maxShownBytes = 16 << 20

// formatValue writes a value in HCL syntax, as Terraform's console does. It
// reports whether it fits maxShownBytes; the text is "" if it does not.
func formatValue(v cty.Value) (string, bool) {
	var f formatter
	f.value(v)
	return f.text()
}

// formatTypeOf writes the type of a value as Terraform's console does. The names of
// attributes are a part of the type, and those of what is sensitive are not shown.
func formatTypeOf(v cty.Value) (string, bool) {
	plain, marked := v.UnmarkDeepWithPaths()
	for _, at := range marked {
		part, err := at.Path.Apply(plain)
		if _, sensitive := at.Marks[sensitiveMark]; sensitive && (err != nil || !part.Type().IsPrimitiveType()) {
			return sensitiveText, true
		}
	}
	var f formatter
	f.typ(v.Type())
	return f.text()
}

// sensitiveText stands for what is not shown.
const sensitiveText = "(sensitive value)"

// formatter writes values and types on indented lines. Once it is full it writes
// on only to the end of the element that it is at.
type formatter struct {
	out    strings.Builder
	indent int
}

func (f *formatter) full() bool { return f.out.Len() > maxShownBytes }

func (f *formatter) text() (string, bool) {
	if f.full() {
		return "", false
	}
	return f.out.String(), true
}

func (f *formatter) newline() {
	f.out.WriteByte('\n')
	for range f.indent {
		f.out.WriteByte(' ')
	}
}

func (f *formatter) value(v cty.Value) {
	v, sensitive, _ := unmark(v)
	t := v.Type()
	switch {
	case sensitive:
		f.out.WriteString(sensitiveText)
	case !v.IsKnown():
		f.out.WriteString("(known after apply)")
	case v.IsNull():
		f.out.WriteString(formatNull(t))
	case t == cty.String:
		f.string(v.AsString())
	case t == cty.Number:
		f.out.WriteString(formatNumber(v.AsBigFloat()))
	case t == cty.Bool:
		fmt.Fprint(&f.out, v.True())
	case t.IsListType():
		f.wrapped("tolist", v)
	case t.IsSetType():
		f.wrapped("toset", v)
	case t.IsMapType():
		f.wrapped("tomap", v)
	default:
		f.collection(v)
	}
}

// formatNull says of which type a null is.
func formatNull(t cty.Type) string {
	switch {
	case t == cty.DynamicPseudoType:
		return "null"
	case t.IsPrimitiveType():
		return "to" + t.FriendlyName() + "(null)"
	case t.IsListType():
		return "tolist(null) /* of " + t.ElementType().FriendlyName() + " */"
	case t.IsSetType():
		return "toset(null) /* of " + t.ElementType().FriendlyName() + " */"
	case t.IsMapType():
		return "tomap(null) /* of " + t.ElementType().FriendlyName() + " */"
	default:
		return "null /* " + t.FriendlyName() + " */"
	}
}

// wrapped writes a collection in the function that makes its type.
func (f *formatter) wrapped(function string, v cty.Value) {
	f.out.WriteString(function + "(")
	f.collection(v)
	f.out.WriteByte(')')
}

// collection writes each element on a line of its own.
func (f *formatter) collection(v cty.Value) {
	keyed := v.Type().IsObjectType() || v.Type().IsMapType()
	open, end, separator := byte('['), byte(']'), ","
	if keyed {
		open, end, separator = '{', '}', ""
	}
	f.out.WriteByte(open)
	f.indent += 2
	for it := v.ElementIterator(); it.Next() && !f.full(); {
		key, element := it.Element()
		f.newline()
		if keyed {
			f.out.WriteString(Quote(key.AsString()))
			f.out.WriteString(" = ")
		}
		f.value(element)
		f.out.WriteString(separator)
	}
	f.indent -= 2
	if v.LengthInt() > 0 {
		f.newline()
	}
	f.out.WriteByte(end)
}

// string writes a text of several lines as a heredoc, unless something in it
// has to be escaped, and any other text in quotes. The line break before the end
// of the heredoc is not part of the text.
func (f *formatter) string(s string) {
	hidden := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
	if !strings.Contains(s, "\n") || strings.IndexFunc(s, hidden) >= 0 {
		f.out.WriteString(Quote(s))
		return
	}
	lines := strings.Split(s, "\n")
	end := "EOT"
	for isLine(lines, end) {
		end += "_"
	}
	operator := "<<"
	if f.indent > 0 {
		operator = "<<-"
	}
	f.out.WriteString(operator + end)
	for _, line := range append(lines, end) {
		if f.full() {
			return
		}
		f.newline()
		f.out.WriteString(escapeTemplate.Replace(line))
	}
}

func isLine(lines []string, text string) bool {
	for _, line := range lines {
		if strings.TrimSpace(line) == text {
			return true
		}
	}
	return false
}

// escapeTemplate doubles what would begin an interpolation.
var escapeTemplate = strings.NewReplacer("${", "$${", "%{", "%%{")

// Quote writes a text as a quoted HCL string: nothing in it is a template, and
// everything that a terminal might obey is escaped.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range escapeTemplate.Replace(s) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maxPlainExponent is the power of two up to which a number is written without
// an exponent.
const maxPlainExponent = 4096

// formatNumber writes a number as the decimal it is sent as, or, if it is none,
// with all of its digits. One so large or small that this would take long is
// exact too, with an exponent of two.
func formatNumber(n *big.Float) string {
	if isFar(n) {
		return n.Text('p', 0)
	}
	if text, err := decimal(n); err == nil {
		return text
	}
	if abs(n.MantExp(nil)) > maxPlainExponent {
		return n.Text('e', -1)
	}
	return n.Text('f', -1)
}

// typ writes a type. Attributes and elements stand on lines of their own.
func (f *formatter) typ(t cty.Type) {
	switch {
	case f.full():
	case t.IsObjectType():
		f.objectType(t)
	case t.IsTupleType():
		f.tupleType(t)
	case t.IsCollectionType():
		f.collectionType(t)
	default:
		f.out.WriteString(t.FriendlyName())
	}
}

// typeIndent is how far the parts of a type are indented.
const typeIndent = 4

// indented writes the parts of a type, and begins the line of what closes it.
func (f *formatter) indented(parts func()) {
	f.indent += typeIndent
	parts()
	f.indent -= typeIndent
	f.newline()
}

func (f *formatter) objectType(t cty.Type) {
	attributes := t.AttributeTypes()
	if len(attributes) == 0 {
		f.out.WriteString("object({})")
		return
	}
	f.out.WriteString("object({")
	f.indented(func() {
		for _, name := range sortedKeys(attributes) {
			f.newline()
			if hclsyntax.ValidIdentifier(name) {
				f.out.WriteString(name)
			} else {
				f.out.WriteString(Quote(name))
			}
			f.out.WriteString(": ")
			f.typ(attributes[name])
			f.out.WriteByte(',')
		}
	})
	f.out.WriteString("})")
}

func (f *formatter) tupleType(t cty.Type) {
	elements := t.TupleElementTypes()
	if len(elements) == 0 {
		f.out.WriteString("tuple([])")
		return
	}
	f.out.WriteString("tuple([")
	f.indented(func() {
		for _, element := range elements {
			if f.full() {
				return
			}
			f.newline()
			f.typ(element)
			f.out.WriteByte(',')
		}
	})
	f.out.WriteString("])")
}

// collectionType sets the type of an element apart if that takes several lines.
func (f *formatter) collectionType(t cty.Type) {
	element := t.ElementType()
	name := "map"
	if t.IsListType() {
		name = "list"
	} else if t.IsSetType() {
		name = "set"
	}
	f.out.WriteString(name + "(")
	if !element.IsObjectType() && !element.IsTupleType() {
		f.typ(element)
		f.out.WriteByte(')')
		return
	}
	f.indented(func() {
		f.newline()
		f.typ(element)
		f.out.WriteByte(',')
	})
	f.out.WriteByte(')')
}
