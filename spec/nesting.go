package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxNesting bounds how deep brackets and operators nest: the parser and the
// evaluator descend into them, and a stack that is full ends the program.
const maxNesting = 4_000

// checkNesting refuses a file whose expressions nest too deep to parse. It
// counts brackets that are open and operators since the last separator.
func checkNesting(text []byte, path string) hcl.Diagnostics {
	return checkNestingOf(text, path, hcl.InitialPos, hclsyntax.LexConfig)
}

// lexer splits a file, a template or an expression into tokens.
type lexer func(text []byte, path string, start hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics)

func checkNestingOf(text []byte, path string, start hcl.Pos, lex lexer) hcl.Diagnostics {
	if mayNest(text) <= maxNesting {
		return nil
	}
	tokens, _ := lex(text, path, start)
	levels := []nesting{{lines: true}}
	total := 0
	for i, token := range tokens {
		level := &levels[len(levels)-1]
		switch {
		case opens[token.Type]:
			level.count++
			total++
			levels = append(levels, nesting{lines: token.Type == hclsyntax.TokenOBrace && !forFollows(tokens[i+1:])})
		case closes[token.Type] && len(levels) > 1:
			total -= level.count
			levels = levels[:len(levels)-1]
		case token.Type == hclsyntax.TokenComma, token.Type == hclsyntax.TokenNewline && level.lines:
			total -= level.count
			level.count = 0
		case operators[token.Type]:
			level.count++
			total++
		}
		if total > maxNesting {
			return hcl.Diagnostics{failf(token.Range, "Expression too deep", "More than %d brackets and operators are nested here. Split the expression into several locals, or keep data in a CSV or JSON file.", maxNesting)}
		}
	}
	return nil
}

// parseBounded parses an expression or a template, unless it nests too deep or
// has numbers out of range; it is nil then. A key written twice is an error too.
func parseBounded(text []byte, path string, start hcl.Pos, lex lexer, parse parser) (hclsyntax.Expression, hcl.Diagnostics) {
	for _, check := range []func([]byte, string, hcl.Pos, lexer) hcl.Diagnostics{checkNestingOf, checkDigits} {
		if diags := check(text, path, start, lex); diags.HasErrors() {
			return nil, diags
		}
	}
	expr, diags := parse(text, path, start)
	if !diags.HasErrors() {
		diags = append(diags, bound(expr)...)
		diags = append(diags, repeatedKeys(expr)...)
	}
	return expr, diags
}

// parser makes an expression of a text.
type parser func(text []byte, path string, start hcl.Pos) (hclsyntax.Expression, hcl.Diagnostics)

// nesting is what checkNesting counts within one pair of brackets.
type nesting struct {
	count int
	lines bool // a new line ends an expression: in bodies and objects
}

// forFollows reports whether a brace opens a for expression, in which a new
// line ends nothing.
func forFollows(tokens hclsyntax.Tokens) bool {
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		default:
			return string(token.Bytes) == "for"
		}
	}
	return false
}

// mayNest is a quick upper bound of what checkNesting counts.
func mayNest(text []byte) int {
	n := 0
	for _, b := range text {
		switch b {
		case '[', '{', '(', '+', '-', '*', '/', '%', '!', '=', '<', '>', '&', '|', '?', '"':
			n++
		}
	}
	return n
}

var (
	opens = map[hclsyntax.TokenType]bool{
		hclsyntax.TokenOBrace: true, hclsyntax.TokenOBrack: true, hclsyntax.TokenOParen: true,
		hclsyntax.TokenOQuote: true, hclsyntax.TokenOHeredoc: true,
		hclsyntax.TokenTemplateInterp: true, hclsyntax.TokenTemplateControl: true,
	}
	closes = map[hclsyntax.TokenType]bool{
		hclsyntax.TokenCBrace: true, hclsyntax.TokenCBrack: true, hclsyntax.TokenCParen: true,
		hclsyntax.TokenCQuote: true, hclsyntax.TokenCHeredoc: true, hclsyntax.TokenTemplateSeqEnd: true,
	}
	operators = map[hclsyntax.TokenType]bool{
		hclsyntax.TokenPlus: true, hclsyntax.TokenMinus: true, hclsyntax.TokenStar: true,
		hclsyntax.TokenSlash: true, hclsyntax.TokenPercent: true, hclsyntax.TokenBang: true,
		hclsyntax.TokenEqualOp: true, hclsyntax.TokenNotEqual: true, hclsyntax.TokenLessThan: true,
		hclsyntax.TokenLessThanEq: true, hclsyntax.TokenGreaterThan: true, hclsyntax.TokenGreaterThanEq: true,
		hclsyntax.TokenAnd: true, hclsyntax.TokenOr: true, hclsyntax.TokenQuestion: true,
	}
)
