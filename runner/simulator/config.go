package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"apixo-batch/spec/catalog"
)

// Defaults of a zero Config.
const (
	DefaultBalance     = 1_000_000_000 // micro-dollars: $1000
	DefaultPrice       = 50_000        // micro-dollars: $0.05 per task of a model without a price
	DefaultURLLifetime = 24 * time.Hour
)

// Config is what one simulated account, and the weather around it, is like. The
// zero Config is a calm day: no limits, no faults, $1000.
type Config struct {
	// Seed decides every draw and signs the task IDs: only a simulator with the
	// same seed knows them.
	Seed uint64
	// APIKey is the bearer token that is accepted; empty accepts any.
	APIKey string
	// Balance is the account's money in micro-dollars; 0 means DefaultBalance,
	// below 0 an empty account.
	Balance int64
	// FundsStatus is how an empty account is told: 402 (also 0) or 400 with the
	// message "Insufficient credits", as one model's page has it.
	FundsStatus int
	// Catalog is what is known of the models; nil means the embedded one.
	Catalog *catalog.Catalog
	// Prices, by model ID, replace the catalog's.
	Prices map[string]catalog.Price
	// UnpricedCost is charged for a task of a model without a price, in
	// micro-dollars; 0 means DefaultPrice, below 0 nothing.
	UnpricedCost int64
	// Parameters says how the parameters of inputs are checked.
	Parameters Parameters
	// AnyModel accepts models that the catalog does not have, as image models;
	// otherwise they are 404.
	AnyModel bool

	// Latency is how long tasks run; nil means as long as the catalog says of
	// each model.
	Latency *Latency
	// Speed divides every latency; 0 means 1.
	Speed float64
	// URLLifetime is how long result files are served after completion; 0 means
	// DefaultURLLifetime. Speed does not touch it.
	URLLifetime time.Duration

	// Limits are those of the account; ModelLimits, by model ID, hold besides.
	Limits      Limits
	ModelLimits map[string]Limits
	// FreePolls lets status calls pass without using up requests per minute.
	FreePolls bool
	// RetryAfter, in seconds, is sent with the 429 of a limit; 0 sends none, as
	// the API's document does not have the header.
	RetryAfter int

	// Discreet keeps prompts out of the task IDs, which states hold, and so out
	// of the pictures too: for inputs that are nobody's to read.
	Discreet bool

	// Thumbnails makes pictures of at most 128 pixels a side. To draw those of usual
	// size takes most of the processor's time in a run of many tasks.
	Thumbnails bool

	// Faults happen at random; see ParseFaults.
	Faults Faults

	// LedgerFile gets one JSON line per accepted submit. What it has already
	// counts: the balance and the number of tasks per input go on from there.
	LedgerFile string
	// FilesURL is the base of result URLs; empty means the scheme and host that
	// the call came to.
	FilesURL string
	// Webhooks carries the POSTs to callback URLs; nil means a transport of its
	// own, without proxy.
	Webhooks http.RoundTripper
}

// Latency bounds the time that a task runs.
type Latency struct{ Min, Max time.Duration }

// Limits are ceilings; zero means none.
type Limits struct {
	// RequestsPerMinute fills a token bucket that holds Burst; a Burst of 0
	// means a second's worth, at least 1.
	RequestsPerMinute int
	Burst             int
	// ConcurrentTasks counts the tasks that are pending or running.
	ConcurrentTasks int
}

// withDefaults returns c with its zero values filled in, or what is wrong with c.
func (c Config) withDefaults() (Config, error) {
	if err := c.validate(); err != nil {
		return Config{}, err
	}
	c.Balance = fill(c.Balance, DefaultBalance)
	c.UnpricedCost = fill(c.UnpricedCost, DefaultPrice)
	if c.FundsStatus == 0 {
		c.FundsStatus = 402
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.URLLifetime == 0 {
		c.URLLifetime = DefaultURLLifetime
	}
	if c.Catalog == nil {
		c.Catalog = catalog.Default()
	}
	if c.Webhooks == nil {
		c.Webhooks = webhookTransport()
	}
	return c, nil
}

// fill reads an amount of the Config: 0 stands for its default, and a negative
// one for 0.
func fill(amount, standard int64) int64 {
	if amount == 0 {
		return standard
	}
	return max(amount, 0)
}

func (c Config) validate() error {
	if c.FundsStatus != 0 && c.FundsStatus != 402 && c.FundsStatus != 400 {
		return fmt.Errorf("funds status %d: want 402 or 400", c.FundsStatus)
	}
	if !(c.Speed >= 0) {
		return fmt.Errorf("speed %v: want more than 0", c.Speed)
	}
	if l := c.Latency; l != nil && (l.Min < 0 || l.Max < l.Min) {
		return fmt.Errorf("latency %v to %v: want 0 <= min <= max", l.Min, l.Max)
	}
	if c.URLLifetime < 0 {
		return fmt.Errorf("URL lifetime %v: want more than 0", c.URLLifetime)
	}
	if c.Parameters > StrictParameters {
		return fmt.Errorf("parameters %d: want AnyParameters, KnownParameters or StrictParameters", c.Parameters)
	}
	if c.RetryAfter < 0 {
		return fmt.Errorf("Retry-After of %d seconds: want 0 or more", c.RetryAfter)
	}
	if c.FilesURL != "" {
		if u, err := url.Parse(c.FilesURL); err != nil || u.Host == "" {
			return fmt.Errorf("files URL %q: want an absolute URL", c.FilesURL)
		}
	}
	return c.validateLimits()
}

var errNegativeLimit = errors.New("a limit is 0 for none, or more")

func (c Config) validateLimits() error {
	for id, l := range c.ModelLimits {
		if err := checkLimits(id, l); err != nil {
			return err
		}
	}
	return checkLimits("the account", c.Limits)
}

func checkLimits(whose string, l Limits) error {
	if l.RequestsPerMinute < 0 || l.Burst < 0 || l.ConcurrentTasks < 0 {
		return fmt.Errorf("limits of %s %+v: %w", whose, l, errNegativeLimit)
	}
	return nil
}
