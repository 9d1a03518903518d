package spec

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// MaxExpressionBytes bounds an expression for EvalExpression.
const MaxExpressionBytes = 64 << 10

// EvalExpression evaluates an expression with what an output block sees:
// variables, locals, functions, and tasks as far as lookup knows them. The text
// is the value in HCL syntax, as Terraform's console prints it: what is not
// known yet is (known after apply), what is sensitive (sensitive value). It is
// safe to show on a terminal, and "" if the source holds blanks and comments
// only. The places of the diagnostics are in a file called filename.
//
// One more function may be called than elsewhere: type(x), around the whole
// expression, gives the type of x in place of its value.
func (s *Spec) EvalExpression(source, filename string, lookup Lookup) (text string, diags hcl.Diagnostics) {
	expr, diags := parseExpression(source, filename)
	if expr == nil || diags.HasErrors() {
		return "", diags
	}
	show := formatValue
	if argument := typeArgument(expr); argument != nil {
		expr, show = argument, formatTypeOf
	}
	diags = append(diags, misplacedType(expr)...)
	if diags.HasErrors() {
		return "", diags
	}
	refs, refDiags := s.config.references(expr, scope{tasks: true})
	if diags = append(diags, refDiags...); diags.HasErrors() {
		return "", merge(diags)
	}
	ev := &evaluator{config: s.config, lookup: lookup}
	value, valueDiags := ev.outputValue(&outputBlock{value: expr, refs: refs, late: lateLocals(refs.locals)})
	if diags = append(diags, valueDiags...); diags.HasErrors() {
		return "", merge(diags)
	}
	text, fits := show(value)
	if !fits {
		diags = append(diags, failf(expr.Range(), "Value too large", "As text it has more than %d MiB. Ask for a part of it, or for its length().", maxShownBytes>>20))
	}
	return text, merge(diags)
}

// parseExpression parses one expression; it is nil if there is none.
func parseExpression(source, filename string) (hclsyntax.Expression, hcl.Diagnostics) {
	if len(source) > MaxExpressionBytes {
		return nil, hcl.Diagnostics{fileError("Expression too long", "It has more than %d KiB. Keep data in CSV or JSON files and read them with file().", MaxExpressionBytes>>10)}
	}
	text, err := plainText([]byte(source))
	if err != nil {
		return nil, hcl.Diagnostics{fileError("Not a text", "%v.", err)}
	}
	if bytes.Contains(text, []byte("<<")) {
		text = append(text, '\n') // without it the end of a heredoc is none
	}
	tokens, _ := hclsyntax.LexExpression(text, filename, hcl.InitialPos) // ParseExpression reports what is wrong with it
	if isBlank(tokens) {
		return nil, nil
	}
	if at := assignment(tokens); at != nil {
		return nil, hcl.Diagnostics{failf(*at, "Not an expression", "Expressions are evaluated here, and nothing can be set. Values are set in a locals or variable block of the configuration; == compares.")}
	}
	return parseBounded(text, filename, hcl.InitialPos, hclsyntax.LexExpression, hclsyntax.ParseExpression)
}

func isBlank(tokens hclsyntax.Tokens) bool {
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenEOF:
		default:
			return false
		}
	}
	return true
}

// assignment finds an = that is in no brackets, where no expression has one.
func assignment(tokens hclsyntax.Tokens) *hcl.Range {
	depth := 0
	for _, token := range tokens {
		switch {
		case opens[token.Type]:
			depth++
		case closes[token.Type]:
			depth--
		case token.Type == hclsyntax.TokenEqual && depth == 0:
			return &token.Range
		}
	}
	return nil
}

// typeArgument is x if the whole expression is type(x), else nil.
func typeArgument(expr hclsyntax.Expression) hclsyntax.Expression {
	call, ok := unwrapped(expr).(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != "type" || len(call.Args) != 1 || call.ExpandFinal {
		return nil
	}
	return call.Args[0]
}

// misplacedType refuses a call of type that is part of an expression: types are
// no values.
func misplacedType(expr hclsyntax.Expression) hcl.Diagnostics {
	return hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		if call, ok := node.(*hclsyntax.FunctionCallExpr); ok && call.Name == "type" {
			return hcl.Diagnostics{failf(call.NameRange, "Invalid call of type", "type takes one value and stands around the whole expression, as in type(local.rows).")}
		}
		return nil
	})
}

// ExpressionContinues reports whether a text, which may be several lines, is
// the beginning of an expression: a bracket, an interpolation or a heredoc in
// it is still open. A quoted text ends with its line, so an open quote alone is
// an error that no further line mends.
func ExpressionContinues(source string) bool {
	if !strings.ContainsAny(source, "([{<") {
		return false
	}
	tokens, diags := hclsyntax.LexExpression([]byte(source+"\n"), "", hcl.InitialPos)
	if diags.HasErrors() {
		return false
	}
	var open []hclsyntax.TokenType
	for _, token := range tokens {
		switch {
		case opens[token.Type] && token.Type != hclsyntax.TokenOQuote:
			open = append(open, token.Type)
		case closes[token.Type] && token.Type != hclsyntax.TokenCQuote:
			if len(open) == 0 || closing[open[len(open)-1]] != token.Type {
				return false // wrong already
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) > 0
}

// closing is what closes each kind of bracket.
var closing = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace: hclsyntax.TokenCBrace, hclsyntax.TokenOBrack: hclsyntax.TokenCBrack,
	hclsyntax.TokenOParen: hclsyntax.TokenCParen, hclsyntax.TokenOHeredoc: hclsyntax.TokenCHeredoc,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
}
