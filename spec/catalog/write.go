package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Write writes models in the format that Parse reads: what it reads back is the
// same models.
func Write(w io.Writer, models []*Model) error {
	file := modelsFile{Models: make([]modelRow, len(models))}
	for i, m := range models {
		file.Models[i] = rowOf(m)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(file); err != nil {
		return fmt.Errorf("encode models: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

type modelsFile struct {
	Models []modelRow `json:"models"`
}

type modelRow struct {
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Kind      Kind        `json:"kind"`
	Aliases   []string    `json:"aliases,omitempty"`
	Provider  string      `json:"provider,omitempty"`
	Channels  bool        `json:"channels,omitempty"`
	Prices    []priceRow  `json:"prices,omitempty"`
	PriceNote string      `json:"price_note,omitempty"`
	Results   []resultRow `json:"results,omitempty"`
	Poll      *pollRow    `json:"poll,omitempty"`
	Typical   *typicalRow `json:"typical,omitempty"`
	Limits    *limitsRow  `json:"limits,omitempty"`
	Params    []paramRow  `json:"params,omitempty"`
	FailCodes []string    `json:"fail_codes,omitempty"`
	Note      string      `json:"note,omitempty"`
	Sources   []string    `json:"sources,omitempty"`
	Read      string      `json:"read,omitempty"`
}

type pollRow struct {
	First    string `json:"first"`
	Interval string `json:"interval"`
	GiveUp   string `json:"give_up,omitempty"`
}

type typicalRow struct {
	Min string `json:"min"`
	Max string `json:"max"`
}

type limitsRow struct {
	RequestsPerMinute int `json:"requests_per_minute,omitempty"`
	ConcurrentTasks   int `json:"concurrent_tasks,omitempty"`
}

type priceRow struct {
	USD         json.Number    `json:"usd"`
	USDMax      json.Number    `json:"usd_max,omitempty"`
	Per         string         `json:"per"`
	When        map[string]any `json:"when,omitempty"`
	Contradicts string         `json:"contradicts,omitempty"`
	Source      string         `json:"source,omitempty"`
}

type resultRow struct {
	Files    int      `json:"files"`
	FilesMax int      `json:"files_max,omitempty"`
	Modes    []string `json:"modes,omitempty"`
	Source   string   `json:"source,omitempty"`
}

type paramRow struct {
	Name     string         `json:"name"`
	Was      []string       `json:"was,omitempty"`
	Type     string         `json:"type"`
	Required bool           `json:"required,omitempty"`
	Default  any            `json:"default,omitempty"`
	Enum     []any          `json:"enum,omitempty"`
	Min      *float64       `json:"min,omitempty"`
	Max      *float64       `json:"max,omitempty"`
	MinRunes int            `json:"min_runes,omitempty"`
	MaxRunes int            `json:"max_runes,omitempty"`
	MinItems int            `json:"min_items,omitempty"`
	MaxItems int            `json:"max_items,omitempty"`
	Modes    []string       `json:"modes,omitempty"`
	When     map[string]any `json:"when,omitempty"`
	CutAt    string         `json:"cut_at,omitempty"`
	Note     string         `json:"note,omitempty"`
}

func rowOf(m *Model) modelRow {
	row := modelRow{
		ID: m.ID, Title: m.Title, Kind: m.Kind, Aliases: m.Aliases, Provider: m.Provider, Channels: m.Channels, PriceNote: m.PriceNote,
		FailCodes: m.FailCodes, Note: m.Note, Sources: m.Sources, Read: m.Read,
	}
	if m.Poll.First > 0 {
		row.Poll = &pollRow{m.Poll.First.String(), m.Poll.Interval.String(), durationText(m.MaxWait)}
	}
	if m.TypicalMax > 0 {
		row.Typical = &typicalRow{m.TypicalMin.String(), m.TypicalMax.String()}
	}
	if (m.Limits != Limits{}) {
		limits := limitsRow(m.Limits)
		row.Limits = &limits
	}
	for _, p := range m.Prices {
		price := priceRow{USD: dollars(p.LowMicros), Per: p.Per, When: p.When, Contradicts: p.Contradicts, Source: p.Source}
		if p.HighMicros != p.LowMicros {
			price.USDMax = dollars(p.HighMicros)
		}
		row.Prices = append(row.Prices, price)
	}
	for _, r := range m.Results {
		result := resultRow{Files: r.Least, Modes: r.Modes, Source: r.Source}
		if r.Most != r.Least {
			result.FilesMax = r.Most
		}
		row.Results = append(row.Results, result)
	}
	for _, p := range m.Params {
		row.Params = append(row.Params, paramRow(p))
	}
	return row
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// dollars writes micro-dollars as dollars, without rounding.
func dollars(micros int64) json.Number {
	text := fmt.Sprintf("%d.%06d", micros/1_000_000, micros%1_000_000)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
