package catalog

import (
	"slices"
	"time"
)

// Model is what is known of one model of the API. Nothing here is enforced:
// prices and limits move, and the file overrides them.
type Model struct {
	ID      string // as it stands in the URL; case matters
	Title   string
	Kind    Kind
	Aliases []string // other spellings seen in the wild, and old IDs
	Params  []Param
	Prices  []Price
	// PriceNote says in words what the Prices leave out or contradict.
	PriceNote string
	// Results has a row for each case of what a task makes that does not ask for a
	// number of files. A mode without a row makes one.
	Results []Results
	Poll    Poll // zero: not documented, Schedule gives Kind's
	// MaxWait is how long the model's page advises to wait; zero if it does not.
	MaxWait time.Duration
	Limits  Limits // zero: not documented
	// TypicalMin and TypicalMax bound the usual processing time; zero if unknown.
	TypicalMin, TypicalMax time.Duration
	// Provider is the only one that the model's page says works, to be set
	// explicitly; "" if it leaves the choice.
	Provider string
	// Channels: a provider may also be the name of a channel.
	Channels  bool
	FailCodes []string // seen with this model
	Note      string   // what else a user should know, in words
	Sources   []string // the pages that this rests on
	Read      string   // the month in which they were read: "2026-11"
}

// Kind is the media that a model makes.
type Kind string

const (
	Image Kind = "image"
	Video Kind = "video"
	Audio Kind = "audio"
)

// Poll is a schedule of status calls, counted from acceptance: the first after
// First, then every Interval, which grows to at most MaxInterval.
type Poll struct {
	First, Interval, MaxInterval time.Duration
}

// Limits are those that a model's page documents.
type Limits struct {
	RequestsPerMinute int
	ConcurrentTasks   int
}

// Price is one row of a model's price list, in micro-dollars (1 USD = 1,000,000).
type Price struct {
	LowMicros, HighMicros int64  // equal unless a source gives a range
	Per                   string // one of PerUnits
	// When holds the input values that this row is for, as encoding/json
	// decodes them; empty for any. Of the rows that fit, the one with the most
	// values counts.
	When map[string]any
	// Contradicts says in words what other sources have. The row holds the
	// higher figure; "" if the sources agree.
	Contradicts string
	Source      string // with the date of reading and the generation of the page
}

// Results is how many files a task makes that does not ask for a number.
type Results struct {
	Least, Most int      // equal unless a source gives a range; at least 1
	Modes       []string // the values of mode that the row is for; empty for all
	Source      string   // as of a Price
}

// CountParams are the parameters by which an input asks for a number of files:
// those of the pages, of all ages, and n, which other APIs call it. max_images is
// an upper bound (API document, section 4).
var CountParams = [...]string{"num_images", "n", "nVariants", "max_images"}

// PerUnits are what a price may be per.
var PerUnits = [...]string{"task", "image", "video", "song", "second"}

// Unit is what the model is billed by, as far as is known: what its prices are per,
// else what is usual for its kind. A nil model is billed per task.
func (m *Model) Unit() string {
	switch {
	case m == nil:
		return "task"
	case len(m.Prices) > 0:
		return m.Prices[0].Per
	case m.Kind == Image:
		return "image"
	case m.Kind == Video && slices.ContainsFunc(m.Params, func(p Param) bool { return p.Name == "duration" }):
		return "second"
	case m.Kind == Video:
		return "video"
	}
	return "task"
}

// Param is one parameter of a model's input. One that differs by mode, or by
// another parameter, has a row for each case. Default and Enum hold values as
// encoding/json decodes them.
type Param struct {
	Name     string
	Was      []string // older names, which may still be accepted
	Type     string   // string, integer, number, boolean, string[], object[] or array
	Required bool
	Default  any
	Enum     []any
	Min, Max *float64
	MinRunes int            // 0: not documented
	MaxRunes int            // 0: not documented
	MinItems int            // 0: not documented
	MaxItems int            // 0: not documented
	Modes    []string       // the values of mode that the row is for; empty for all
	When     map[string]any // the values of other parameters that it is for; empty for any
	CutAt    string         // the service drops the text from here on; "" for nowhere
	Note     string
}

// paramTypes are the values of Param.Type.
var paramTypes = [...]string{"string", "integer", "number", "boolean", "string[]", "object[]", "array"}

// Code is one row of the table of statuses and fail codes (API document,
// sections 9 and 10).
type Code struct {
	Code   string // as documented: "429", "Task TimeOut"
	Reason string // one of package task's Reasons; empty for 200 only
	// Meaning and Action are for the user, in our own words.
	Meaning, Action string
	// Repeats is how often the same call may be repeated by itself: 0 never, -1
	// as long as the pace allows. Each repeat of a submit after a 5xx may be
	// charged; nothing else of it is. For statuses only.
	Repeats int
	// Attempts is how many further, paid submits of the same input are worth
	// making: 0 none, -1 as many as the settings allow. For fail codes only.
	Attempts int
	// StopsSubmits: the next submit would fail the same way (no funds, bad key).
	StopsSubmits bool
	Source       string // section of the API document and the page it rests on
}
