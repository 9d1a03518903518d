package plan

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"apixo-batch/spec/task"
)

// Saved is a plan as a file keeps it: what somebody approves by applying the
// file, and everything that the plan rested on. It holds no secret: no key, and no
// value of a sensitive variable, for which its mask stands, as in the state.
type Saved struct {
	Tool string `json:"tool"` // name and version of the program that made it
	// Nonce names the plan. The state keeps it with all that is bought under
	// the plan, so that nothing is bought under it twice.
	Nonce   string    `json:"nonce"`
	Created time.Time `json:"created"`

	// Lineage and Changes are those of the state that the plan was made against.
	Lineage string `json:"lineage"`
	Changes int64  `json:"changes"`
	// Endpoint is where its tasks go, as the state names it.
	Endpoint  string `json:"endpoint"`
	Simulated bool   `json:"simulated"`

	// Configuration is the path as it was given, and State the one that -state
	// gave. Both count from the working directory of whoever applies the plan.
	Configuration string `json:"configuration"`
	State         string `json:"state,omitempty"`
	// Files are the SHA-256 sums of every file read, in hexadecimal, by path
	// relative to the configuration's directory.
	Files map[string]string `json:"files"`

	// Catalog is the path of the catalog file, as Configuration is; "" for the one
	// of the program. Its sum is among Files.
	Catalog string `json:"catalog,omitempty"`

	// VariableFiles were given by -var-file, VariableNames by -var. Variables
	// are the values of those that are not sensitive, wherever they came from.
	VariableFiles []string                   `json:"variable_files,omitempty"`
	VariableNames []string                   `json:"variable_names,omitempty"`
	Variables     map[string]json.RawMessage `json:"variables"`

	// AllowPaths were given by -allow-path, as Configuration is.
	AllowPaths []string `json:"allow_paths,omitempty"`

	Replace []string `json:"replace,omitempty"`
	// Selection is nil if the plan was made without one.
	Selection     *SavedSelection `json:"selection,omitempty"`
	RunBudget     *task.Cost      `json:"budget_usd_micros,omitempty"`
	AllowUnpriced bool            `json:"allow_unpriced"`

	Total SavedTotal `json:"total"`
	// Actions are those that do something: all but Keep without a move or a verdict.
	Actions []SavedAction `json:"-"`
}

// SavedSelection is a Selection as it was given, with patterns of addresses.
type SavedSelection struct {
	Target  []string `json:"target,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	Limit   int      `json:"limit,omitempty"`
	Sample  int      `json:"sample,omitempty"`
	Seed    string   `json:"seed,omitempty"`
}

// SavedTotal is what the paying actions cost; see Totals.
type SavedTotal struct {
	Paying   int       `json:"paying"`
	Low      task.Cost `json:"low_usd_micros"`
	High     task.Cost `json:"high_usd_micros"`
	AtMost   task.Cost `json:"at_most_usd_micros"`
	Unpriced int       `json:"unpriced"`
	Repeats  bool      `json:"repeats_after_5xx"`
}

// SavedAction is one Action. What follows Model is set if the Kind pays.
type SavedAction struct {
	Address task.Address `json:"address"`
	Kind    Kind         `json:"kind"`
	Reason  Reason       `json:"reason"`
	From    task.Address `json:"from,omitzero"`    // set if it moves a record
	Import  string       `json:"import,omitempty"` // the ID of a task that it adopts
	Model   string       `json:"model"`
	// Fingerprint of the request; "" if that is known only After others.
	Fingerprint task.Fingerprint `json:"fingerprint,omitempty"`
	After       []task.Address   `json:"after,omitempty"`
	// Input is what is known of the request's, for whoever reads the plan: nothing is
	// bought by it. It is left out once a plan has more than MaxInputs of it.
	Input json.RawMessage `json:"input,omitempty"`
	// Low and High bound the price of one attempt, if it is Priced.
	Low         task.Cost `json:"low_usd_micros,omitempty"`
	High        task.Cost `json:"high_usd_micros,omitempty"`
	Priced      bool      `json:"priced,omitempty"`
	MaxAttempts int       `json:"max_attempts,omitempty"`
}

// Save gives a plan its name and lists its actions. The caller fills in what
// the plan rested on.
func (p *Plan) Save() *Saved {
	totals := p.Totals()
	s := &Saved{
		Nonce: rand.Text(), Created: time.Now().UTC().Truncate(time.Second),
		Total:   SavedTotal{Paying: totals.Paying(), Low: totals.Low, High: totals.High, AtMost: totals.AtMost, Repeats: totals.Repeats},
		Actions: savedActions(p),
	}
	for _, n := range totals.Unpriced {
		s.Total.Unpriced += n
	}
	return s
}

// MaxInputs bounds, in bytes, what a saved plan tells of inputs: they are those of its
// first actions. The fingerprints of the others are there all the same.
const MaxInputs = maxSaved / 4

// savedActions are the actions of a plan but for those that change nothing, and the inputs
// of the first of them, up to MaxInputs.
func savedActions(p *Plan) []SavedAction {
	saved, inputs := []SavedAction{}, 0
	for i := range p.Actions {
		a := &p.Actions[i]
		if _, moved := a.Moved(); a.Kind == Keep && !moved && !a.Judged && !a.Restored {
			continue
		}
		s := savedAction(a)
		if inputs += len(s.Input); inputs > MaxInputs {
			s.Input = nil
		}
		saved = append(saved, s)
	}
	return saved
}

func savedAction(a *Action) SavedAction {
	s := SavedAction{Address: a.Address, Kind: a.Kind, Reason: a.Reason, Import: a.Import, Model: a.Model()}
	s.From, _ = a.Moved()
	if !a.Kind.Pays() {
		return s
	}
	if a.Eval.Known {
		s.Fingerprint, s.Input = a.Eval.Request.Fingerprint(), a.Eval.Request.Input
	} else {
		s.After, s.Input = a.Eval.After, a.Eval.Draft
	}
	s.Low, s.High, s.Priced = a.Price.Low, a.Price.High, a.Price.Known
	s.MaxAttempts = a.Instance.MaxAttempts
	return s
}
