package main

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// canonical gives a file in the layout of terraform fmt: hclwrite's spaces, and
// the older ways to write a value, a type and a label in their present form.
// The file must be one that parses.
func canonical(text []byte, name string) []byte {
	file, diags := hclwrite.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return text
	}
	modernize(file.Body(), "")
	return hclwrite.Format(file.Bytes())
}

// modernize rewrites the attributes and labels of a body; in is the type of its
// block, "" for the file.
func modernize(body *hclwrite.Body, in string) {
	for name, attribute := range body.Attributes() {
		tokens := attribute.Expr().BuildTokens(nil)
		if in == "variable" && name == "type" {
			tokens = modernType(tokens)
		} else {
			tokens = unwrapped(tokens)
		}
		body.SetAttributeRaw(name, tokens)
	}
	for _, block := range body.Blocks() {
		block.SetLabels(block.Labels()) // with quotes
		modernize(block.Body(), block.Type())
	}
}

// modernType spells out a type of Terraform 0.11: "string" is string, and a
// list or map without an element type is one of any, or as a text, of strings.
func modernType(tokens hclwrite.Tokens) hclwrite.Tokens {
	element, word := "any", 0
	if len(tokens) == 3 && tokens[0].Type == hclsyntax.TokenOQuote {
		element, word = "string", 1
	} else if len(tokens) != 1 {
		return tokens
	}
	name := string(tokens[word].Bytes)
	switch {
	case name == "string" && word == 1:
		return hclwrite.TokensForIdentifier(name)
	case name == "list", name == "map", name == "set" && word == 0:
		return hclwrite.TokensForFunctionCall(name, hclwrite.TokensForIdentifier(element))
	}
	return tokens
}

// unwrapped is x for "${x}", in parentheses if it has several lines and none.
// What is not for certain one interpolation stays.
func unwrapped(tokens hclwrite.Tokens) hclwrite.Tokens {
	last := len(tokens) - 1
	if last < 4 || tokens[0].Type != hclsyntax.TokenOQuote || tokens[1].Type != hclsyntax.TokenTemplateInterp ||
		tokens[last-1].Type != hclsyntax.TokenTemplateSeqEnd || tokens[last].Type != hclsyntax.TokenCQuote {
		return tokens
	}
	inner := tokens[2 : last-1]
	if isPartOfText(inner) {
		return tokens
	}
	inner = withoutNewlines(inner)
	several := slices.ContainsFunc(inner, func(t *hclwrite.Token) bool { return t.Type == hclsyntax.TokenNewline })
	if !several || inner[0].Type == hclsyntax.TokenOParen && inner[len(inner)-1].Type == hclsyntax.TokenCParen {
		return inner
	}
	open := &hclwrite.Token{Type: hclsyntax.TokenOParen, Bytes: []byte("(")}
	shut := &hclwrite.Token{Type: hclsyntax.TokenCParen, Bytes: []byte(")")}
	return slices.Concat(hclwrite.Tokens{open}, inner, hclwrite.Tokens{shut})
}

// isPartOfText reports whether what seems to be one interpolation is the first
// and the last of several, as in "${a}-${b}".
func isPartOfText(inner hclwrite.Tokens) bool {
	quotes := 0
	for _, token := range inner {
		switch token.Type {
		case hclsyntax.TokenOQuote:
			quotes++
		case hclsyntax.TokenCQuote:
			quotes--
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenQuotedLit:
			if quotes == 0 {
				return true
			}
		}
	}
	return false
}

// withoutNewlines leaves out the newlines at both ends.
func withoutNewlines(tokens hclwrite.Tokens) hclwrite.Tokens {
	for len(tokens) > 1 && tokens[0].Type == hclsyntax.TokenNewline {
		tokens = tokens[1:]
	}
	for len(tokens) > 1 && tokens[len(tokens)-1].Type == hclsyntax.TokenNewline {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}
