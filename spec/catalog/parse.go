package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Parse reads a catalog in the format of the embedded models.json, with the
// codes of this program. The file is taken whole or not at all: a field that is
// not known, a value that makes no sense, a name that is there twice, that stands
// for another model in this program, or that is an alias which this program does not
// have are an *Error with the line, a JSON pointer and the value.
func Parse(models []byte) (*Catalog, error) { return parse(models, codesJSON, Default()) }

// parse reads the two data files. No name in them may stand for another model than
// in the catalog kept, if there is one.
func parse(models, codes []byte, kept *Catalog) (*Catalog, error) {
	root, err := parseJSON(models)
	if err != nil {
		return nil, err
	}
	r := &reader{kept: kept}
	list := r.file(root)
	if r.err != nil {
		return nil, r.err
	}
	var c codesFile
	if err := decode(codes, &c); err != nil {
		return nil, fmt.Errorf("read codes.json: %w", err)
	}
	parsed := newCatalog(list, codeRows(c.Statuses), codeRows(c.FailCodes), codeRows(c.Reasons))
	parsed.program = kept
	return parsed, nil
}

func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

type codesFile struct {
	Statuses  []codeRow `json:"statuses"`
	FailCodes []codeRow `json:"fail_codes"`
	Reasons   []codeRow `json:"reasons"`
}

type codeRow struct {
	Code         string `json:"code"`
	Reason       string `json:"reason"`
	Meaning      string `json:"meaning"`
	Action       string `json:"action"`
	Repeats      int    `json:"repeats"`
	Attempts     int    `json:"attempts"`
	StopsSubmits bool   `json:"stops_submits"`
	Source       string `json:"source"`
}

func codeRows(rows []codeRow) []Code {
	codes := make([]Code, len(rows))
	for i, row := range rows {
		codes[i] = Code(row)
	}
	return codes
}

const (
	maxModels = 10_000
	maxRows   = 500 // parameters, prices, aliases and the like of one model
)

// file reads all models.
func (r *reader) file(root *node) []*Model {
	var read string
	var models []*Model
	r.object(root, fields{
		"read":   r.month(&read),
		"models": r.list(maxModels, func(n *node) { models = append(models, r.model(n)) }),
	}, "models")
	for _, m := range models {
		if m.Read == "" {
			m.Read = read
		}
	}
	r.names(root, models)
	if len(models) == 0 {
		r.fail(root, "it holds no models")
	}
	return models
}

// names checks that each name stands for one model, and for the same one as in
// this program; of a model that this program does not have, its ID is the only one.
func (r *reader) names(root *node, models []*Model) {
	type use struct{ name, id string }
	used := make(map[string]use) // by name in lower case
	for _, m := range models {
		for _, name := range append([]string{m.ID}, m.Aliases...) {
			folded := strings.ToLower(name)
			switch other, taken := used[folded]; {
			case taken && other.name == name:
				r.fail(root, "%s is the name of two models, %s and %s", show(name), other.id, m.ID)
			case taken && other.id != m.ID:
				r.fail(root, "%s and %s differ in case only, and are two models: keep one, and write its ID in the task", show(other.name), show(name))
			}
			used[folded] = use{name, m.ID}
			if r.kept != nil {
				r.checkName(root, m, name)
			}
		}
	}
}

func (r *reader) checkName(root *node, m *Model, name string) {
	id, known := r.kept.meant(name)
	switch {
	case known && id != m.ID:
		r.fail(root, "%s stands for %s in this program, and for %s here: what was bought as one would be bought again as the other", show(name), id, show(m.ID))
	case !known && name != m.ID:
		r.fail(root, "a file adds no other name of a model, such as %s of %s: what was bought under it would be bought again. Write the ID %s in the task, and leave the alias out", show(name), m.ID, show(m.ID))
	}
}

func (r *reader) model(n *node) *Model {
	m := &Model{}
	r.object(n, fields{
		"id":         r.name(&m.ID),
		"title":      r.text(&m.Title),
		"kind":       r.oneOf((*string)(&m.Kind), string(Image), string(Video), string(Audio)),
		"aliases":    r.texts(&m.Aliases),
		"provider":   r.text(&m.Provider),
		"channels":   r.boolean(&m.Channels),
		"prices":     r.list(maxRows, func(n *node) { m.Prices = append(m.Prices, r.price(n)) }),
		"price_note": r.text(&m.PriceNote),
		"results":    r.list(maxRows, func(n *node) { m.Results = append(m.Results, r.results(n)) }),
		"poll": func(n *node) {
			r.object(n, fields{"first": r.duration(&m.Poll.First), "interval": r.duration(&m.Poll.Interval), "give_up": r.duration(&m.MaxWait)}, "first", "interval")
		},
		"typical": func(n *node) {
			r.object(n, fields{"min": r.duration(&m.TypicalMin), "max": r.duration(&m.TypicalMax)}, "min", "max")
			r.check(n, m.TypicalMin <= m.TypicalMax, "min is %v, more than max, %v", m.TypicalMin, m.TypicalMax)
		},
		"limits": func(n *node) {
			r.object(n, fields{"requests_per_minute": r.count(&m.Limits.RequestsPerMinute, 1), "concurrent_tasks": r.count(&m.Limits.ConcurrentTasks, 1)})
		},
		"params":     r.list(maxRows, func(n *node) { m.Params = append(m.Params, r.param(n)) }),
		"fail_codes": r.texts(&m.FailCodes),
		"note":       r.text(&m.Note),
		"sources":    r.texts(&m.Sources),
		"read":       r.month(&m.Read),
	}, "id", "kind")
	if m.Title == "" {
		m.Title = m.ID
	}
	if m.Poll.First > 0 {
		m.Poll.MaxInterval = max(maxInterval, m.Poll.Interval)
	}
	r.agree(n, m)
	return m
}

func (r *reader) price(n *node) Price {
	var p Price
	r.object(n, fields{
		"usd":         r.micros(&p.LowMicros),
		"usd_max":     r.micros(&p.HighMicros),
		"per":         r.oneOf(&p.Per, PerUnits[:]...),
		"when":        r.values(&p.When),
		"contradicts": r.text(&p.Contradicts),
		"source":      r.text(&p.Source),
	}, "usd", "per")
	if n.member("usd_max") == nil {
		p.HighMicros = p.LowMicros
	}
	r.check(n, p.LowMicros <= p.HighMicros, "usd is more than usd_max")
	return p
}

func (r *reader) results(n *node) Results {
	var row Results
	r.object(n, fields{
		"files":     r.count(&row.Least, 1),
		"files_max": r.count(&row.Most, 1),
		"modes":     r.texts(&row.Modes),
		"source":    r.text(&row.Source),
	}, "files")
	if n.member("files_max") == nil {
		row.Most = row.Least
	}
	r.check(n, row.Least <= row.Most, "files is %d, more than files_max, %d", row.Least, row.Most)
	r.check(n, row.Most <= maxUnits, "a task makes %d files at most, not %d", maxUnits, row.Most)
	return row
}

func (r *reader) param(n *node) Param {
	var p Param
	r.object(n, fields{
		"name":      r.name(&p.Name),
		"was":       r.texts(&p.Was),
		"type":      r.oneOf(&p.Type, paramTypes[:]...),
		"required":  r.boolean(&p.Required),
		"default":   r.scalar(&p.Default),
		"enum":      r.list(maxRows, func(n *node) { var v any; r.scalar(&v)(n); p.Enum = append(p.Enum, v) }),
		"min":       r.float(&p.Min),
		"max":       r.float(&p.Max),
		"min_runes": r.count(&p.MinRunes, 0),
		"max_runes": r.count(&p.MaxRunes, 1),
		"min_items": r.count(&p.MinItems, 0),
		"max_items": r.count(&p.MaxItems, 1),
		"modes":     r.texts(&p.Modes),
		"when":      r.values(&p.When),
		"cut_at":    r.text(&p.CutAt),
		"note":      r.text(&p.Note),
	}, "name", "type")
	r.check(n, p.Min == nil || p.Max == nil || *p.Min <= *p.Max, "min is more than max")
	r.check(n, p.MaxRunes == 0 || p.MinRunes <= p.MaxRunes, "min_runes is %d, more than max_runes, %d", p.MinRunes, p.MaxRunes)
	r.check(n, p.MaxItems == 0 || p.MinItems <= p.MaxItems, "min_items is %d, more than max_items, %d", p.MinItems, p.MaxItems)
	return p
}
