package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// parse reads the two data files. A field that it does not know is an error,
// so that a misspelt one cannot be lost.
func parse(models, codes []byte) (*Catalog, error) {
	var m modelsFile
	if err := decode(models, &m); err != nil {
		return nil, fmt.Errorf("read models.json: %w", err)
	}
	var c codesFile
	if err := decode(codes, &c); err != nil {
		return nil, fmt.Errorf("read codes.json: %w", err)
	}
	list := make([]*Model, len(m.Models))
	for i, row := range m.Models {
		model, err := row.model(m.Read)
		if err != nil {
			return nil, fmt.Errorf("read models.json: model %s: %w", row.ID, err)
		}
		list[i] = model
	}
	return newCatalog(list, codeRows(c.Statuses), codeRows(c.FailCodes), codeRows(c.Reasons)), nil
}

func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

type modelsFile struct {
	Read   string     `json:"read"`
	Models []modelRow `json:"models"`
}

type modelRow struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Kind      Kind       `json:"kind"`
	Aliases   []string   `json:"aliases"`
	Prices    []priceRow `json:"prices"`
	PriceNote string     `json:"price_note"`
	Poll      struct {
		First    duration `json:"first"`
		Interval duration `json:"interval"`
		GiveUp   duration `json:"give_up"`
	} `json:"poll"`
	Typical struct {
		Min duration `json:"min"`
		Max duration `json:"max"`
	} `json:"typical"`
	Limits struct {
		RequestsPerMinute int `json:"requests_per_minute"`
		ConcurrentTasks   int `json:"concurrent_tasks"`
	} `json:"limits"`
	Params    []paramRow `json:"params"`
	FailCodes []string   `json:"fail_codes"`
	Note      string     `json:"note"`
	Sources   []string   `json:"sources"`
}

func (row modelRow) model(read string) (*Model, error) {
	m := &Model{
		ID: row.ID, Title: row.Title, Kind: row.Kind, Aliases: row.Aliases,
		PriceNote:  row.PriceNote,
		MaxWait:    time.Duration(row.Poll.GiveUp),
		Limits:     Limits(row.Limits),
		TypicalMin: time.Duration(row.Typical.Min), TypicalMax: time.Duration(row.Typical.Max),
		FailCodes: row.FailCodes, Note: row.Note, Sources: row.Sources, Read: read,
	}
	if row.Poll.First > 0 {
		m.Poll = Poll{
			First: time.Duration(row.Poll.First), Interval: time.Duration(row.Poll.Interval),
			MaxInterval: max(maxInterval, time.Duration(row.Poll.Interval)),
		}
	}
	for _, p := range row.Params {
		m.Params = append(m.Params, Param(p))
	}
	for _, p := range row.Prices {
		price, err := p.price()
		if err != nil {
			return nil, err
		}
		m.Prices = append(m.Prices, price)
	}
	return m, nil
}

type paramRow struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Default  any      `json:"default"`
	Enum     []any    `json:"enum"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	MaxRunes int      `json:"max_runes"`
	MaxItems int      `json:"max_items"`
	Modes    []string `json:"modes"`
	Note     string   `json:"note"`
}

type priceRow struct {
	USD    json.Number    `json:"usd"`
	USDMax json.Number    `json:"usd_max"` // the same as usd if missing
	Per    string         `json:"per"`
	When   map[string]any `json:"when"`
	Source string         `json:"source"`
}

func (row priceRow) price() (Price, error) {
	low, err := micros(row.USD)
	if err != nil {
		return Price{}, err
	}
	high := low
	if row.USDMax != "" {
		if high, err = micros(row.USDMax); err != nil {
			return Price{}, err
		}
	}
	return Price{LowMicros: low, HighMicros: high, Per: row.Per, When: row.When, Source: row.Source}, nil
}

// micros turns dollars into micro-dollars without rounding.
func micros(usd json.Number) (int64, error) {
	amount, ok := new(big.Rat).SetString(usd.String())
	if !ok {
		return 0, fmt.Errorf("%q is not a price in dollars", usd)
	}
	if amount.Mul(amount, big.NewRat(1_000_000, 1)); !amount.IsInt() || !amount.Num().IsInt64() {
		return 0, fmt.Errorf("price %q has more than six decimals or is too large", usd)
	}
	return amount.Num().Int64(), nil
}

// duration is a time.Duration written as in Go: "90s", "2m".
type duration time.Duration

// UnmarshalText reads the duration.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
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
