package spec

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// errorBlock is an error block: a fail code that the catalog does not have, or
// that the user reads otherwise.
type errorBlock struct {
	block
	code string
}

// classes are the reasons that a fail code may stand for. The others are this
// program's own.
var classes = [...]task.Reason{
	task.RateLimited, task.ServerError, task.Timeout, task.ContentPolicy, task.InvalidInput,
	task.InsufficientFunds, task.ModelUnavailable, task.Unclassified,
}

func (c *configuration) collectError(b *hcl.Block) hcl.Diagnostics {
	content, diags := errorGrammar.content(b.Body)
	declared := &errorBlock{block: block{content, b.DefRange}, code: b.Labels[0]}
	_, err := strconv.Atoi(declared.code)
	switch {
	case err == nil:
		diags = append(diags, failf(b.LabelRanges[0], "Status in an error block", "An error block is for a fail code of a task, such as \"NEW_CODE\"; what a status such as %q means for a call is fixed, since a wrong reading could pay twice.", declared.code))
	case catalog.Fold(declared.code) == "" || len(declared.code) > maxNameBytes || strings.ContainsFunc(declared.code, unicode.IsControl):
		diags = append(diags, failf(b.LabelRanges[0], "Invalid fail code", "%q cannot be a fail code: at most %d bytes, as the API sends it. Case, spaces, _ and - do not count.", clip(declared.code, 60), maxNameBytes))
	}
	for _, other := range c.errors {
		if catalog.Fold(other.code) == catalog.Fold(declared.code) {
			return append(diags, duplicate(b.DefRange, strconv.Quote(declared.code)+" error block", other.where))
		}
	}
	c.errors = append(c.errors, declared)
	return diags
}

// decodeErrors adds the fail codes of the error blocks to the catalog.
func (c *configuration) decodeErrors(s *Spec) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var codes []catalog.Code
	for _, b := range c.errors {
		d := c.decoder(b.content)
		codes = append(codes, d.failCode(b))
		diags = append(diags, d.diags...)
	}
	c.catalog = c.catalog.With(codes...)
	s.Catalog = c.catalog
	return diags
}

func (d *decoder) failCode(b *errorBlock) catalog.Code {
	class, action := d.text("class"), d.text("action")
	switch {
	case d.content.Attributes["class"] == nil:
		d.diags = append(d.diags, failf(b.where, "Error block without a class", "Add what the code means, as in: class = \"timeout\". The classes: %s.", classNames()))
	case class != "" && !slices.Contains(classes[:], task.Reason(class)):
		d.fail("class", "Invalid class", "It is %q.%s The classes: %s.", clip(class, 60), suggest(class, strings.Split(classNames(), ", ")), classNames())
	}
	code := catalog.Code{
		Code: b.code, Reason: class, Action: action, Source: place(b.where),
		StopsSubmits: class == string(task.InsufficientFunds),
	}
	documented, _ := d.c.catalog.FailCode(b.code)
	switch retry := d.content.Attributes["retry"] != nil; {
	case retry && d.boolean("retry"):
		code.Attempts = -1
	case !retry && !code.StopsSubmits:
		code.Attempts = documented.Attempts
	}
	d.advise(&code, documented)
	if code.Attempts != 0 && code.StopsSubmits {
		d.fail("retry", "Invalid retry", "Without money no new attempt can succeed: a code of class %s stops the submits.", class)
	}
	return code
}

// advise fills in what the block leaves out: from the documented row of the code if
// the block reads it alike, else from its class. An action that counts on new
// attempts does not go with a code that gets none, nor the other way round.
func (d *decoder) advise(code *catalog.Code, documented catalog.Code) {
	like, tried := documented, documented.Attempts != 0
	if documented.Reason != code.Reason {
		like, _ = d.c.catalog.Explain("", code.Reason)
		tried = mayPass(task.Reason(code.Reason))
	}
	code.Meaning = like.Meaning
	switch {
	case code.Action != "":
	case tried == (code.Attempts != 0):
		code.Action = like.Action
	case code.Attempts != 0:
		code.Action = "nothing at first: a new attempt is made; if it stays, change the request"
	default:
		code.Action = "read the message; the same request is not tried again by itself, -replace does it"
	}
}

// mayPass reports whether failures of a class pass by themselves, so that what is
// said about the class counts on new attempts.
func mayPass(class task.Reason) bool {
	switch class {
	case task.RateLimited, task.ServerError, task.Timeout, task.ModelUnavailable:
		return true
	}
	return false
}

func classNames() string {
	var names []string
	for _, class := range classes {
		names = append(names, string(class))
	}
	return strings.Join(names, ", ")
}
