package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
)

// defaultOutput is where files go unless a block says otherwise.
const defaultOutput = `"out/${self.name}/${self.key}-${result.index}.${result.ext}"`

// maxSegmentBytes bounds one part of a path, as file systems do; maxKeyBytes
// leaves room for what a template adds to a key.
const (
	maxSegmentBytes = 255
	maxKeyBytes     = 200
)

var defaultOutputExpr = parseDefaultOutput()

func parseDefaultOutput() hcl.Expression {
	expr, diags := hclsyntax.ParseExpression([]byte(defaultOutput), "default output", hcl.InitialPos)
	if diags.HasErrors() {
		panic(diags) // a constant
	}
	return expr
}

// checkPaths checks the references of all output templates.
func (c *configuration) checkPaths() hcl.Diagnostics {
	var diags hcl.Diagnostics
	check := func(content *hcl.BodyContent, in scope) {
		if attribute := content.Attributes["output"]; attribute != nil {
			in.paths = true
			_, refDiags := c.references(attribute.Expr, in)
			diags = append(diags, refDiags...)
		}
	}
	if c.batch != nil {
		check(c.batch.content, scope{})
	}
	for _, model := range c.models {
		check(model.content, scope{})
	}
	for _, b := range c.tasks {
		check(b.content, b.scope())
	}
	return diags
}

func (e *expansion) setOutput(expr hcl.Expression) {
	e.outputPath = &outputPath{expr, true}
	if expr == nil {
		e.output = defaultOutputExpr
		return
	}
	in := e.block.scope()
	in.paths = true
	refs, _ := e.config.references(expr, in) // checked by checkPaths
	e.indexed = refs.index
}

// OutputPaths gives the path of each file of a result with these extensions
// (without a dot, in the order of the result): relative to Spec.Dir, with
// slashes, inside it, and different from each other. Where the template does
// not use result.index, later files get "-1", "-2" before the extension. The
// error is hcl.Diagnostics.
func (i *Instance) OutputPaths(exts []string) ([]string, error) {
	paths := make([]string, len(exts))
	for index, ext := range exts {
		p, diags := i.outputPath(index, ext)
		if diags.HasErrors() {
			return nil, merge(about(i, diags))
		}
		if !i.expand.indexed && index > 0 {
			stem := strings.TrimSuffix(p, path.Ext(p))
			p = stem + "-" + strconv.Itoa(index) + path.Ext(p)
		}
		if slices.Contains(paths[:index], p) {
			return nil, merge(about(i, hcl.Diagnostics{failf(i.expand.output.Range(), "Two files with one path", "Two files of one result would both be %q. Use ${result.index} in output.", p)}))
		}
		paths[index] = p
	}
	return paths, nil
}

func (i *Instance) outputPath(index int, ext string) (string, hcl.Diagnostics) {
	e := i.expand
	if e.output == defaultOutputExpr {
		return "out/" + safeSegment(i.Address.Name) + "/" + i.pathKey() + "-" + strconv.Itoa(index) + "." + ext, nil
	}
	ctx := (&evaluator{config: e.config}).plainContext(i)
	ctx.Variables["self"] = cty.ObjectVal(map[string]cty.Value{
		"name": cty.StringVal(safeSegment(i.Address.Name)), "key": cty.StringVal(i.pathKey()),
	})
	ctx.Variables["result"] = cty.ObjectVal(map[string]cty.Value{
		"index": cty.NumberIntVal(int64(index)), "ext": cty.StringVal(ext),
	})
	where := e.output.Range()
	v, diags := e.output.Value(ctx)
	if diags.HasErrors() {
		return "", diags
	}
	d := decoder{content: &hcl.BodyContent{Attributes: hcl.Attributes{"output": {Expr: e.output}}}}
	v, ok := d.plain("output", v, cty.String)
	if !ok && len(d.diags) == 0 {
		d.fail("output", "Invalid output", "It is null; it must be a path.")
	}
	if len(d.diags) > 0 {
		return "", d.diags
	}
	if err := checkPath(v.AsString()); err != nil {
		return "", hcl.Diagnostics{failf(where, "Invalid output path", "%v. The path is relative to the configuration's directory; self.key is always safe to use in it.", err)}
	}
	return path.Clean(v.AsString()), nil
}

// checkPath refuses a path that leaves the directory or that some file system
// cannot hold.
func checkPath(p string) error {
	clean := path.Clean(p)
	switch {
	case p == "", clean == ".", strings.HasSuffix(p, "/"):
		return fmt.Errorf("%q names no file", p)
	case strings.HasPrefix(p, "/"), clean == "..", strings.HasPrefix(clean, "../"):
		return fmt.Errorf("%q leads out of the configuration's directory", p)
	case len(p) > 1024:
		return fmt.Errorf("the path has %d bytes, more than 1024", len(p))
	}
	for segment := range strings.SplitSeq(clean, "/") {
		if at := strings.IndexFunc(segment, hostileRune); at >= 0 {
			r, _ := utf8.DecodeRuneInString(segment[at:])
			return fmt.Errorf("%q contains %q, which some file systems refuse", clip(p, 100), r)
		}
		switch {
		case len(segment) > maxSegmentBytes:
			return fmt.Errorf("%q has a part of %d bytes, more than %d", clip(p, 100), len(segment), maxSegmentBytes)
		case reservedName(segment):
			return fmt.Errorf("%q contains %q, a name that Windows reserves", p, segment)
		case strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " "):
			return fmt.Errorf("%q has a part that ends in a dot or a space, which Windows drops", p)
		}
	}
	return nil
}

// pathKey is self.key: the key as a safe file name, the task's name if there
// is none. A slash becomes "-"; whatever else is altered gets a hash of the
// key, so that no two keys are altered to the same name.
func (i *Instance) pathKey() string {
	if i.Address.Key.IsZero() {
		return safeSegment(i.Address.Name)
	}
	return safeSegment(strings.ReplaceAll(i.Address.Key.Text(), "/", "-"))
}

// safeSegment makes a text a name that every file system holds.
func safeSegment(s string) string {
	safe := strings.Map(func(r rune) rune {
		if hostileRune(r) || r == '/' {
			return '_'
		}
		return r
	}, s)
	safe = strings.TrimRight(strings.TrimLeft(safe, "."), ". ")
	if len(safe) > maxKeyBytes {
		safe = safe[:maxKeyBytes]
		for !utf8.ValidString(safe) {
			safe = safe[:len(safe)-1]
		}
	}
	if reservedName(safe) {
		safe = "_" + safe
	}
	if safe == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.TrimPrefix(safe+"-"+hex.EncodeToString(sum[:4]), "-")
}

func hostileRune(r rune) bool {
	return strings.ContainsRune(`<>:"\|?*`, r) || unicode.IsControl(r) || r == utf8.RuneError ||
		r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r) && r != '\u200d'
}

// reservedName reports whether Windows takes a name for a device.
func reservedName(s string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(s), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit := strings.TrimPrefix(strings.TrimPrefix(stem, "COM"), "LPT")
	return digit != stem && len([]rune(digit)) == 1 && strings.Contains("0123456789¹²³", digit)
}

// checkOutputs reports instances whose first files would have one path. Case
// does not count, since some file systems do not heed it, nor the extension,
// which is known after apply only.
func (s *Spec) checkOutputs() hcl.Diagnostics {
	var diags hcl.Diagnostics
	taken := make(map[string]*Instance, len(s.Instances))
	for _, i := range s.Instances {
		ext := guessedExt(i, s.Catalog)
		p, pathDiags := i.outputPath(0, ext)
		if pathDiags.HasErrors() {
			diags = append(diags, about(i, pathDiags)...)
			continue
		}
		key := strings.ToLower(withoutExt(p, ext))
		if other, ok := taken[key]; ok {
			diags = append(diags, about(i, hcl.Diagnostics{failf(i.Range, "Two tasks with one output path", "%s and %s would both save to %q (case and extension do not count). Use ${self.key} or ${self.name} in output.", other.Address, i.Address, p)})...)
			continue
		}
		taken[key] = i
	}
	return merge(diags)
}

func guessedExt(i *Instance, known *catalog.Catalog) string {
	if model, ok := known.Lookup(i.Model); ok {
		switch model.Kind {
		case catalog.Video:
			return "mp4"
		case catalog.Audio:
			return "mp3"
		}
	}
	return "png"
}

// mediaExts are extensions that a template may write out.
var mediaExts = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".mp4", ".webm", ".mov", ".mp3", ".wav", ".ogg", ".flac", ".m4a"}

func withoutExt(p, ext string) string {
	last := path.Ext(p)
	if last == "."+ext || slices.Contains(mediaExts, strings.ToLower(last)) {
		return strings.TrimSuffix(p, last)
	}
	return p
}
