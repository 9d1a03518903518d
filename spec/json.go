package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// parseJSON parses HCL's JSON syntax: objects are bodies, and the properties
// that a body's grammar calls blocks are blocks, with their labels as the names
// of objects within.
func parseJSON(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if at, err := checkJSON(text); err != nil {
		where := hcl.Pos{Line: lineAt(text, at), Column: 1, Byte: at}
		place := hcl.Range{Filename: name, Start: where, End: where}
		if errors.Is(err, errLong) {
			return nil, hcl.Diagnostics{outOfRange(place, err)}
		}
		return nil, hcl.Diagnostics{failf(place, "Expression too deep", "%v here.", upperFirst(err.Error()))}
	}
	return hcljson.Parse(text, name)
}

// looksLikeJSON tells JSON from native syntax, which begins with a name.
func looksLikeJSON(text []byte) bool {
	start := strings.TrimLeft(string(text[:min(len(text), 4096)]), " \t\r\n")
	return strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[")
}

// checkJSON refuses what takes a decoder of JSON down: brackets that nest deeper
// than maxNesting, which fill the stack, and endless digits. It says where.
func checkJSON(text []byte) (at int, err error) {
	depth, digits, quoted := 0, 0, false
	for at := 0; at < len(text); at++ {
		b := text[at]
		if isDigit := b >= '0' && b <= '9' || b == '.'; !isDigit || quoted {
			digits = 0
		} else if digits++; digits > maxNumberText {
			return at, errLong
		}
		switch {
		case quoted && b == '\\':
			at++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '[' || b == '{':
			if depth++; depth > maxNesting {
				return at, fmt.Errorf("more than %d brackets are nested", maxNesting)
			}
		case b == ']' || b == '}':
			depth--
		}
	}
	return 0, nil
}

// native replaces the expressions of JSON by those of the native syntax, so
// that references are found and evaluated in one way only. Texts are templates,
// but in the attributes named exprs, where they are expressions. If all others
// are literal, they stay as they are.
func native(attributes hcl.Attributes, exprs []string, literal bool) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range sortedKeys(attributes) {
		attribute := attributes[name]
		isExpr := slices.Contains(exprs, name)
		if _, ok := attribute.Expr.(hclsyntax.Expression); ok || literal && !isExpr {
			continue
		}
		n := nativeSyntax{exprs: isExpr}
		attribute.Expr = n.expression(attribute.Expr)
		diags = append(diags, n.diags...)
	}
	return diags
}

// nativeSyntax makes native expressions of JSON values.
type nativeSyntax struct {
	exprs bool // texts are expressions, not templates
	diags hcl.Diagnostics
}

func (n *nativeSyntax) expression(expr hcl.Expression) hclsyntax.Expression {
	if items, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		return n.object(items, expr)
	}
	if elements, diags := hcl.ExprList(expr); !diags.HasErrors() {
		list := &hclsyntax.TupleConsExpr{SrcRange: expr.Range(), OpenRange: expr.StartRange()}
		for _, element := range elements {
			list.Exprs = append(list.Exprs, n.expression(element))
		}
		return list
	}
	return n.scalar(expr)
}

func (n *nativeSyntax) object(items []hcl.KeyValuePair, whole hcl.Expression) hclsyntax.Expression {
	object := &hclsyntax.ObjectConsExpr{SrcRange: whole.Range(), OpenRange: whole.StartRange()}
	seen := make(map[string]hcl.Range, len(items))
	for _, item := range items {
		name, _ := item.Key.Value(nil) // the text as it stands
		if first, ok := seen[name.AsString()]; ok {
			n.diags = append(n.diags, duplicate(item.Key.Range(), fmt.Sprintf("property %q", clip(name.AsString(), 60)), first))
			continue
		}
		seen[name.AsString()] = item.Key.Range()
		object.Items = append(object.Items, hclsyntax.ObjectConsItem{
			KeyExpr:   n.scalar(item.Key),
			ValueExpr: n.expression(item.Value),
		})
	}
	return object
}

// scalar is a text, number, boolean or null.
func (n *nativeSyntax) scalar(expr hcl.Expression) hclsyntax.Expression {
	value, _ := expr.Value(nil)
	where := expr.Range()
	if value.IsNull() || value.Type() != cty.String {
		literal := &hclsyntax.LiteralValueExpr{Val: value, SrcRange: where}
		n.diags = append(n.diags, bound(literal)...)
		return literal
	}
	text := value.AsString()
	isTemplate := strings.Contains(text, "${") || strings.Contains(text, "%{")
	if n.exprs {
		isTemplate = strings.HasPrefix(text, "${")
	} else if !isTemplate {
		return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: where}
	}
	// Places are those of the text between the quotes if nothing is escaped in it.
	exact := where.End.Byte-where.Start.Byte == len(text)+len(`""`)
	start := hcl.Pos{Line: where.Start.Line, Column: where.Start.Column + 1, Byte: where.Start.Byte + 1}
	parsed, diags := n.parse(text, where.Filename, start, isTemplate)
	if !exact {
		diags = within(diags, where)
		parsed = &escapedText{&hclsyntax.ParenthesesExpr{Expression: parsed, SrcRange: where}, where}
	}
	n.diags = append(n.diags, diags...)
	return parsed
}

func (n *nativeSyntax) parse(text, file string, start hcl.Pos, isTemplate bool) (hclsyntax.Expression, hcl.Diagnostics) {
	lex, parse := lexer(hclsyntax.LexTemplate), hclsyntax.ParseTemplate
	if !isTemplate {
		lex, parse = hclsyntax.LexExpression, hclsyntax.ParseExpression
	}
	expr, diags := parseBounded([]byte(text), file, start, lex, parse)
	if expr == nil {
		expr = &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: hcl.Range{Filename: file, Start: start, End: start}}
	}
	return expr, diags
}

// escapedText is the expression in a text of JSON that holds escapes. Where in
// it something stands cannot be told, so it is said of the whole text. What it
// embeds is in parentheses: a walk does not visit that itself, only what is
// within.
type escapedText struct {
	hclsyntax.Expression
	where hcl.Range
}

func (e *escapedText) Range() hcl.Range      { return e.where }
func (e *escapedText) StartRange() hcl.Range { return e.where }

func (e *escapedText) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := e.Expression.Value(ctx)
	return value, within(diags, e.where)
}

// within moves diagnostics to a place.
func within(diags hcl.Diagnostics, where hcl.Range) hcl.Diagnostics {
	for _, diag := range diags {
		diag.Subject, diag.Context = &where, nil
	}
	return diags
}

// unwrapped is the expression without what surrounds it and leaves its value as
// it is: parentheses, and the quotes of JSON around "${…}".
func unwrapped(expr hcl.Expression) hcl.Expression {
	for {
		switch e := expr.(type) {
		case *hclsyntax.ParenthesesExpr:
			expr = e.Expression
		case *hclsyntax.TemplateWrapExpr:
			expr = e.Wrapped
		case *escapedText:
			expr = e.Expression
		case *counter:
			expr = e.Expression
		case *chosen:
			expr = e.Expression
		case *choice:
			expr = e.Expression
		default:
			return expr
		}
	}
}
