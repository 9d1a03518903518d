package spec

import (
	"encoding/json"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// Instance is one unit of work: a task block, or one key of its for_each, count
// or matrix, with everything that can be known before any task has run.
type Instance struct {
	Address task.Address
	// DependsOn lists the instances whose results the input uses, and those of
	// depends_on, sorted. An instance never precedes one it depends on in
	// Spec.Instances.
	DependsOn []task.Address
	// InstanceSettings are shared by the instances of a block that do not differ in
	// them.
	*InstanceSettings

	expand *expansion
}

// InstanceSettings are an instance's model, and how it is run.
type InstanceSettings struct {
	Model       string // the model's ID; aliases are resolved
	Provider    string // "" unless the file sets it
	MaxAttempts int    // accepted submits of one request in one apply, at least 1
	// RetryCalls are the statuses of a submit that is refused and repeated by
	// itself: 429, and 500, 503 and 504 unless the file trusts them less.
	RetryCalls []int
	Timeout    time.Duration // from acceptance until the slot is given up; the task runs on
	// Poll is when to ask for the instance's task. If PollSet, a file says so, and it
	// is kept to; else it is where learning begins, as is Usual.
	Poll    catalog.Poll
	PollSet bool
	Usual   catalog.Span
	// MaxInFlight bounds the model's tasks at the API; 0 for no bound of its own.
	MaxInFlight int
	// CallsPerMinute bounds the model's calls; 0 if no limit is declared.
	CallsPerMinute int
	// Origins says where settings come from, by name: "defaults, jobs.hcl:3". What
	// is not in it is the catalog's or built in.
	Origins map[string]string
	// AllowDuplicates: the request may be that of another instance too.
	AllowDuplicates bool
	Lifecycle       Lifecycle
	Range           hcl.Range // of the task block's header
}

// Lookup gives what is known of an instance that succeeded.
type Lookup func(task.Address) (task.Outcome, bool)

// Mask replaces a sensitive value by what may be stored: an HMAC with a key of
// the state.
type Mask func(plain string) string

// Evaluation is an instance's input as far as it can be known.
type Evaluation struct {
	// Request is set if Known.
	Request task.Request
	Known   bool
	// Hidden names the top-level attributes that are not in Partial.
	Hidden []string
	// After lists the instances whose results are missing, if not Known.
	After []task.Address
	// Draft is the input without what is missing, if not Known: a JSON object with
	// sensitive values masked; nil if nothing is known of it.
	Draft json.RawMessage

	parts  parts
	coming []attribute // those of the input that are not wholly known
}

// Partial holds the top-level attributes of the input that are known and not
// sensitive, as JSON: enough to check a request that is not Known yet. It is nil
// if not even their names are known.
func (e *Evaluation) Partial() map[string]json.RawMessage {
	values := make(map[string]json.RawMessage)
	if !e.addPartial(values) {
		return nil
	}
	return values
}

// addPartial adds Partial to values, if it is there.
func (e *Evaluation) addPartial(values map[string]json.RawMessage) bool {
	e.parts.addTo(values, e.parts.plain)
	return e.parts.text != nil
}

// AddPriced adds to values the top-level attributes that the price of a request
// rests on, sensitive ones in the clear, since the API bills by them: for the price
// alone, never to be shown or stored. unknown names the attributes that are given
// and not known yet. It is not ok if not even the names are known.
func (e *Evaluation) AddPriced(values map[string]json.RawMessage) (unknown []string, ok bool) {
	if e.parts.text == nil {
		return nil, false
	}
	e.parts.addTo(values, e.parts.plain)
	e.parts.addTo(values, e.parts.secret)
	for _, name := range e.Hidden {
		if _, known := values[name]; !known {
			unknown = append(unknown, name)
		}
	}
	return unknown, true
}
