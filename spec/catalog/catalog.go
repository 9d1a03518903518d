package catalog

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/agext/levenshtein"
)

//go:embed models.json
var modelsJSON []byte

//go:embed codes.json
var codesJSON []byte

// Catalog is what is known of the API's models and error codes. It does not
// change after it is made, so any number of goroutines may use it.
type Catalog struct {
	models    []*Model          // by kind and family, as in the data file
	byID      map[string]*Model // IDs, then aliases
	byFold    map[string]*Model // the same in lower case
	codes     []Code            // statuses, then fail codes
	statuses  map[int]Code
	failCodes map[string]Code // by Fold
	reasons   []Code
	// program is the program's own catalog, whose names count; nil for that itself.
	program *Catalog
}

// Default returns the catalog that is part of the program. It is parsed once.
func Default() *Catalog { return embedded() }

var embedded = sync.OnceValue(func() *Catalog {
	c, err := parse(modelsJSON, codesJSON, nil)
	if err != nil {
		panic("embedded catalog: " + err.Error()) // a test parses the same bytes
	}
	return c
})

// Models lists all models: images, then videos, then audio. The caller must
// not change what the pointers lead to.
func (c *Catalog) Models() []*Model { return slices.Clone(c.models) }

// Lookup finds a model by its ID, else by an alias, else by either without
// regard to case. IDs are matched exactly first because the API heeds case. A
// catalog from a file adds IDs only: the rest is as the program has it.
func (c *Catalog) Lookup(idOrAlias string) (*Model, bool) {
	if m, ok := c.byID[idOrAlias]; ok {
		return m, true
	}
	if c.program != nil {
		id, _ := c.program.meant(idOrAlias)
		m, ok := c.byID[id]
		return m, ok
	}
	m, ok := c.byFold[strings.ToLower(idOrAlias)]
	return m, ok
}

// ID is the ID that a model's name stands for, and whether the model is known. It
// is the same under every catalog, by the names that the program knows, and any other
// name is taken as written: a request is known by its model, and a file about
// prices must not make another request of it, which is paid again.
func (c *Catalog) ID(name string) (id string, known bool) {
	if id, known = Default().meant(name); known {
		return id, true
	}
	_, known = c.meant(name)
	return name, known
}

// meant is the ID of the model that has a name; a nil catalog knows none.
func (c *Catalog) meant(name string) (id string, known bool) {
	if c == nil {
		return "", false
	}
	m, known := c.Lookup(name)
	if !known {
		return "", false
	}
	return m.ID, true
}

// nearEnough is the greatest edit distance of a name that Suggest offers.
const nearEnough = 2

// Suggest returns the ID of the model whose ID, alias or title is nearest to
// id, or "" if none is near; of equally near ones the last, since newer versions
// stand later. Case, spaces, "_", "-" and "." do not count.
func (c *Catalog) Suggest(id string) string {
	wanted := foldName(id)
	if wanted == "" || len(wanted) > 100 {
		return ""
	}
	best, suggestion := nearEnough, ""
	for _, m := range c.models {
		for _, name := range append([]string{m.ID, m.Title}, m.Aliases...) {
			if d := levenshtein.Distance(wanted, foldName(name), nil); d <= best && d < len(wanted) {
				best, suggestion = d, m.ID
			}
		}
	}
	return suggestion
}

func foldName(s string) string { return strings.ReplaceAll(Fold(s), ".", "") }

// Codes lists the statuses in their order, then the fail codes in the order of
// the API document.
func (c *Catalog) Codes() []Code { return slices.Clone(c.codes) }

// Status returns the row of an HTTP status, or of a code in the API's envelope.
func (c *Catalog) Status(code int) (Code, bool) {
	row, ok := c.statuses[code]
	return row, ok
}

// FailCode returns the row of a fail code, matched as Fold says. A code that
// is in no document is not found.
func (c *Catalog) FailCode(code string) (Code, bool) {
	row, ok := c.failCodes[Fold(code)]
	return row, ok
}

// Reasons lists what failures are sorted into, by this program and not by the
// API: their Code is one of package task's Reasons, and their Reason is empty.
func (c *Catalog) Reasons() []Code { return slices.Clone(c.reasons) }

// Explain finds the row that says what to do about a task that failed: by its
// fail code, else by its reason. It is not ok if neither is known. A code that
// looks like a status is none of a call: what the API says of tasks is its own.
func (c *Catalog) Explain(failCode, reason string) (row Code, ok bool) {
	if row, ok = c.FailCode(failCode); ok {
		return row, true
	}
	i := slices.IndexFunc(c.reasons, func(row Code) bool { return row.Code == reason })
	if i < 0 {
		return Code{}, false
	}
	return c.reasons[i], true
}

// ExplainRefusal finds the row that says what to do about a call that was refused:
// by its status, else as Explain does.
func (c *Catalog) ExplainRefusal(code, reason string) (row Code, ok bool) {
	if status, err := strconv.Atoi(code); err == nil {
		if row, ok = c.Status(status); ok {
			return row, true
		}
	}
	return c.Explain(code, reason)
}

// With returns a catalog that has the given fail codes too, or in place of those
// that it has by the same name. c stays as it is.
func (c *Catalog) With(failCodes ...Code) *Catalog {
	if len(failCodes) == 0 {
		return c
	}
	more := *c
	more.codes = slices.Clone(c.codes)
	more.failCodes = maps.Clone(c.failCodes)
	for _, row := range failCodes {
		name := Fold(row.Code)
		if _, known := more.failCodes[name]; known {
			more.codes = slices.DeleteFunc(more.codes, func(old Code) bool { return Fold(old.Code) == name })
		}
		more.failCodes[name] = row
		more.codes = append(more.codes, row)
	}
	return &more
}

// newCatalog indexes models and codes.
func newCatalog(models []*Model, statuses, failCodes, reasons []Code) *Catalog {
	c := &Catalog{
		models:    models,
		byID:      make(map[string]*Model),
		byFold:    make(map[string]*Model),
		codes:     slices.Concat(statuses, failCodes),
		statuses:  make(map[int]Code),
		failCodes: make(map[string]Code),
		reasons:   reasons,
	}
	for _, m := range models {
		for _, name := range append([]string{m.ID}, m.Aliases...) {
			c.byID[name] = m
			c.byFold[strings.ToLower(name)] = m
		}
	}
	for _, row := range statuses {
		if status, err := strconv.Atoi(row.Code); err == nil {
			c.statuses[status] = row
		}
	}
	for _, row := range failCodes {
		c.failCodes[Fold(row.Code)] = row
	}
	return c
}
