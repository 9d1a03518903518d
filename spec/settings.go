package spec

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// settings are those that a batch, model, defaults or task block may hold; nil,
// zero or "" is not set.
type settings struct {
	provider    string
	output      hcl.Expression
	maxAttempts int
	calls       []int // not nil if set
	timeout     time.Duration
	poll        catalog.Poll
	// from says where each comes from, by name: the block, and its place.
	from map[string]string
}

// The defaults of what no block sets.
const (
	defaultParallelism  = 32
	defaultMaxRetryWait = 5 * time.Minute
	defaultMaxAttempts  = 2
)

// defaultCalls are the statuses of a submit that the API document says to
// repeat (sections 6 and 9).
var defaultCalls = [...]int{429, 500, 503, 504}

// over fills what s leaves open from outer: the innermost block wins.
func (s settings) over(outer settings) settings {
	inner := s
	if s.provider == "" {
		s.provider = outer.provider
	}
	if s.output == nil {
		s.output = outer.output
	}
	if s.maxAttempts == 0 {
		s.maxAttempts = outer.maxAttempts
	}
	if s.calls == nil {
		s.calls = outer.calls
	}
	if s.timeout == 0 {
		s.timeout = outer.timeout
	}
	s.poll = overPoll(s.poll, outer.poll)
	s.from = maps.Clone(outer.from)
	for name, from := range inner.from {
		if s.from == nil {
			s.from = make(map[string]string)
		}
		s.from[name] = from
	}
	return s
}

// overPoll fills in what the inner schedule leaves open, and keeps it in order.
func overPoll(inner, outer catalog.Poll) catalog.Poll {
	poll := catalog.Poll{
		First:       orElse(inner.First, outer.First),
		Interval:    orElse(inner.Interval, outer.Interval),
		MaxInterval: orElse(inner.MaxInterval, outer.MaxInterval),
	}
	if inner.MaxInterval == 0 && poll.MaxInterval != 0 {
		poll.MaxInterval = max(poll.MaxInterval, poll.Interval)
	}
	if inner.Interval == 0 && poll.MaxInterval != 0 {
		poll.Interval = min(poll.Interval, poll.MaxInterval)
	}
	return poll
}

func orElse(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// decodeSettings evaluates the batch, apixo, model, defaults and error blocks.
func (c *configuration) decodeSettings(s *Spec) hcl.Diagnostics {
	s.Settings = Settings{Parallelism: defaultParallelism, MaxRetryWait: defaultMaxRetryWait}
	s.Models = make(map[string]ModelSettings)
	var diags hcl.Diagnostics
	if c.apixo != nil {
		d := c.decoder(c.apixo.content)
		s.Settings.BaseURL, s.Settings.BaseURLFrom = d.text("base_url"), d.placeOf("base_url")
		s.Settings.MaxInFlight, _ = d.wholeNumber("max_in_flight", 1, 100_000)
		s.Settings.CallsPerMinute = d.rate()
		c.batchSettings.provider = d.text("provider")
		c.batchSettings.from = d.origins("apixo")
		diags = append(diags, d.diags...)
	}
	if c.batch != nil {
		d := c.decoder(c.batch.content)
		d.batch(&s.Settings)
		c.batchSettings = d.settings("batch").over(c.batchSettings)
		diags = append(diags, d.diags...)
	}
	for _, model := range c.models {
		d := c.decoder(model.content)
		s.Models[model.id] = d.model()
		model.bare = d.barePrice(s.Models[model.id].Price)
		model.settings = d.settings("model")
		diags = append(diags, d.diags...)
	}
	diags = append(diags, c.decodeDefaults()...)
	return append(diags, c.decodeErrors(s)...)
}

func (d *decoder) batch(into *Settings) {
	if n, ok := d.wholeNumber("parallelism", 1, 10_000); ok {
		into.Parallelism = n
	}
	if n, ok := d.wholeNumber("max_instances", 1, mostInstances); ok {
		d.c.maxInstances = n
	}
	if wait := d.duration("max_retry_wait"); wait != 0 {
		into.MaxRetryWait = wait
	}
	into.Budget, into.HasBudget = d.money("budget")
	into.BudgetFrom = d.placeOf("budget")
	into.AllowDuplicates = d.boolean("allow_duplicates")
	switch choice := d.text("on_in_doubt"); choice {
	case "", "hold":
	case "resubmit":
		into.ResubmitDoubts = true
	default:
		d.fail("on_in_doubt", "Invalid on_in_doubt", `The value is %q; it must be "hold", which lets a submit in doubt wait for apixo-batch resolve, or "resubmit", which submits it again and may pay twice.`, choice)
	}
}

func (d *decoder) model() ModelSettings {
	inFlight, _ := d.wholeNumber("max_in_flight", 1, 100_000)
	return ModelSettings{Price: d.price(), MaxInFlight: inFlight, CallsPerMinute: d.rate()}
}

// settings decodes what batch, model, defaults and task blocks share.
func (d *decoder) settings(of string) settings {
	s := settings{provider: d.text("provider"), timeout: d.duration("timeout"), from: d.origins(of)}
	if output := d.content.Attributes["output"]; output != nil {
		s.output = output.Expr
	}
	if inner := d.inner("retry", retryGrammar); inner != nil {
		s.maxAttempts, _ = inner.wholeNumber("max_attempts", 1, 100)
		s.calls = inner.calls()
		maps.Copy(s.from, inner.origins(of))
		d.diags = append(d.diags, inner.diags...)
	}
	if inner := d.inner("poll", pollGrammar); inner != nil {
		s.poll = inner.poll()
		maps.Copy(s.from, inner.origins(of))
		d.diags = append(d.diags, inner.diags...)
	}
	return s
}

// origins says of each attribute of the block where it stands.
func (d *decoder) origins(of string) map[string]string {
	from := make(map[string]string, len(d.content.Attributes))
	for name, attribute := range d.content.Attributes {
		from[name] = of + ", " + place(attribute.NameRange)
	}
	return from
}

func (d *decoder) poll() catalog.Poll {
	poll := catalog.Poll{
		First:       d.duration("first"),
		Interval:    d.duration("interval"),
		MaxInterval: d.duration("max_interval"),
	}
	if poll.MaxInterval != 0 && poll.MaxInterval < poll.Interval {
		d.fail("max_interval", "Invalid max_interval", "It is %v, less than interval, which is %v. The interval grows from the one to the other.", poll.MaxInterval, poll.Interval)
	}
	return poll
}

// calls are the statuses of a submit that are repeated by themselves.
func (d *decoder) calls() []int {
	list, ok := d.value("calls", cty.List(cty.String))
	if !ok {
		return nil
	}
	calls := []int{}
	for _, v := range list.AsValueSlice() {
		status := 0
		if plain, _ := v.Unmark(); !plain.IsNull() {
			status, _ = strconv.Atoi(plain.AsString())
		}
		if !slices.Contains(defaultCalls[:], status) {
			d.fail("calls", "Invalid calls", `Only the statuses "429", "500", "503" and "504" of a refused submit can be repeated: after any other the task may exist and may be charged.`)
			return nil
		}
		calls = append(calls, status)
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// price reads a number of dollars per task, or { usd = 0.08, per = "second" }.
func (d *decoder) price() *catalog.Price {
	v, ok := d.value("price", cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	amount, per := v, "task"
	if v.Type().IsObjectType() {
		if !v.Type().HasAttribute("usd") || !v.Type().HasAttribute("per") || len(v.Type().AttributeTypes()) != 2 {
			d.fail("price", "Invalid price", `A price is a number of US dollars per task, or an object with usd and per: price = { usd = 0.08, per = "second" }`)
			return nil
		}
		amount = v.GetAttr("usd")
		if unit := v.GetAttr("per"); unit.Type() == cty.String && !unit.IsNull() {
			per = unit.AsString()
		} else {
			per = ""
		}
		if !slices.Contains(catalog.PerUnits[:], per) {
			d.fail("price", "Invalid price", `The unit is %q; per must be one of "%s".`, per, strings.Join(catalog.PerUnits[:], `", "`))
			return nil
		}
	}
	cost, ok := d.dollars("price", amount)
	if !ok {
		return nil
	}
	return &catalog.Price{LowMicros: int64(cost), HighMicros: int64(cost), Per: per, Source: place(d.placeOf("price"))}
}

// barePrice is where a price does not say what it is per; zero if it does.
func (d *decoder) barePrice(price *catalog.Price) hcl.Range {
	if price == nil {
		return hcl.Range{}
	}
	if v, ok := d.value("price", cty.DynamicPseudoType); !ok || v.Type().IsObjectType() {
		return hcl.Range{}
	}
	return d.placeOf("price")
}

// rate reads "600/min" or "10/s" as calls per minute.
func (d *decoder) rate() int {
	text := d.text("rate")
	if text == "" {
		return 0
	}
	count, unit, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	perMinute := map[string]int{"s": 60, "min": 1}[strings.TrimSpace(unit)]
	if err != nil || n < 1 || n > 1_000_000 || perMinute == 0 {
		d.fail("rate", "Invalid rate", `The value is %q; a rate is a whole number of calls per "s" or "min": rate = "600/min"`, text)
		return 0
	}
	return n * perMinute
}

func (d *decoder) money(name string) (task.Cost, bool) {
	v, ok := d.value(name, cty.Number)
	if !ok {
		return 0, false
	}
	return d.dollars(name, v)
}

// dollars reads an amount that is not negative, exactly.
func (d *decoder) dollars(name string, v cty.Value) (task.Cost, bool) {
	if v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
		d.fail(name, "Invalid "+name, "It must be a number of US dollars, such as 2.50, not %s.", describeType(v.Type()))
		return 0, false
	}
	text, err := decimal(v.AsBigFloat())
	if err != nil {
		d.fail(name, "Invalid "+name, "The number %v.", err)
		return 0, false
	}
	cost, err := task.ParseUSD(text)
	if err == nil && cost >= 0 {
		return cost, true
	}
	if err != nil {
		d.fail(name, "Invalid "+name, "%v.", err)
	} else {
		d.fail(name, "Invalid "+name, "It is %s US dollars; it cannot be negative.", text)
	}
	return 0, false
}
