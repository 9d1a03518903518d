package view

import (
	"cmp"
	"encoding/json"
	"io"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// planJSON is a saved plan as one JSON object, in the manner of terraform show.
type planJSON struct {
	FormatVersion string                     `json:"format_version"`
	File          string                     `json:"file"`
	Tool          string                     `json:"tool"`
	Nonce         string                     `json:"nonce"`
	Created       time.Time                  `json:"created"`
	Configuration string                     `json:"configuration"`
	Files         map[string]string          `json:"files"` // SHA-256 by path
	State         string                     `json:"state"`
	Lineage       string                     `json:"lineage"`
	Changes       int64                      `json:"changes"`
	Endpoint      string                     `json:"endpoint"`
	Simulated     bool                       `json:"simulated"`
	Catalog       string                     `json:"catalog,omitempty"`
	Variables     map[string]json.RawMessage `json:"variables"`
	VariableNames []string                   `json:"variable_names,omitempty"` // given by -var
	VariableFiles []string                   `json:"variable_files,omitempty"`
	AllowPaths    []string                   `json:"allow_paths,omitempty"`
	Replace       []string                   `json:"replace,omitempty"`
	Selection     *plan.SavedSelection       `json:"selection,omitempty"`
	Budget        string                     `json:"budget,omitempty"`
	AllowUnpriced bool                       `json:"allow_unpriced"`
	Cost          planCostJSON               `json:"cost"`
	Applied       appliedJSON                `json:"applied"`
	Applyable     bool                       `json:"applyable"` // an apply would not refuse it
	Complete      bool                       `json:"complete"`  // nothing is left out
	Planned       moduleValues               `json:"planned_values"`
	Prior         *priorState                `json:"prior_state,omitempty"` // as long as it is the state that the plan was made against
	Changed       []resourceChange           `json:"resource_changes"`
}

// priorState is a state as terraform show has one in a plan.
type priorState struct {
	FormatVersion string       `json:"format_version"`
	Values        moduleValues `json:"values"`
}

type planCostJSON struct {
	Paying   int    `json:"paying"`
	Low      string `json:"low"`
	High     string `json:"high"`
	AtMost   string `json:"at_most"`
	Bounded  bool   `json:"ends_at_budget"` // at_most is where the plan's budget ends
	Unpriced int    `json:"unpriced"`       // purchases in none of the sums
	Repeats  bool   `json:"repeats_after_5xx"`
}

type appliedJSON struct {
	Unknown   string     `json:"unknown,omitempty"` // why the rest says nothing
	Begun     *time.Time `json:"begun"`             // null: it was not applied
	Stale     string     `json:"stale,omitempty"`   // why an apply refuses it
	Submitted int        `json:"submitted"`
	Committed string     `json:"committed"`
}

// resourceChange is one action. Its actions are Terraform's words, its action and
// reason those of the lines that plan -json writes.
type resourceChange struct {
	Address         task.Address     `json:"address"`
	PreviousAddress task.Address     `json:"previous_address,omitzero"`
	Import          string           `json:"import,omitempty"`
	Mode            string           `json:"mode"` // managed
	Type            string           `json:"type"`
	Name            string           `json:"name"`
	Index           any              `json:"index"` // a text, a number, or null
	Model           string           `json:"model"`
	Provider        string           `json:"provider_name"` // apixo
	Change          changeValues     `json:"change"`
	Action          string           `json:"action"`
	Reason          plan.Reason      `json:"reason"`
	Cost            any              `json:"cost"` // null if nothing is bought, or nobody knows
	Fingerprint     task.Fingerprint `json:"fingerprint,omitempty"`
	After           []task.Address   `json:"after,omitempty"`
	MaxAttempts     int              `json:"max_attempts,omitempty"`
}

// WritePlanFileJSON writes a saved plan as one JSON object.
func WritePlanFileJSON(w io.Writer, f PlanFile) error {
	out := planJSON{
		FormatVersion: "1.0", File: f.Path, Tool: f.Tool, Nonce: f.Nonce, Created: f.Created,
		Configuration: f.Configuration, Files: f.Files, State: f.StatePath, Lineage: f.Lineage, Changes: f.Changes,
		Endpoint: f.Endpoint, Simulated: f.Simulated, Catalog: f.Catalog,
		Variables: f.Variables, VariableNames: f.VariableNames, VariableFiles: f.VariableFiles,
		AllowPaths: f.AllowPaths, Replace: f.Replace, Selection: f.Selection, AllowUnpriced: f.AllowUnpriced,
		Cost:    f.costJSON(),
		Applied: newAppliedJSON(f.Progress),
		Changed: make([]resourceChange, len(f.Actions)),
	}
	if f.RunBudget != nil {
		out.Budget = f.RunBudget.Decimal()
	}
	out.Applyable = f.Progress.Unknown == "" && f.Progress.Stale == ""
	out.Complete = f.Selection == nil
	prior := make(map[task.Address]*state.Record, len(f.Prior))
	for i := range f.Prior {
		prior[f.Prior[i].Address] = &f.Prior[i]
	}
	if f.Prior != nil {
		out.Prior = &priorState{"1.0", newStateValues(f.Prior)}
	}
	out.Planned = newStateValues(nil)
	for i := range f.Actions {
		a := &f.Actions[i]
		out.Changed[i] = newResourceChange(a, prior)
		if after := out.Changed[i].Change.After; after != nil {
			out.Planned.add(a.Address, *after, out.Changed[i].Change.AfterSensitive)
		}
	}
	return WriteJSON(w, out, "  ")
}

// costJSON is what the plan was estimated at, within its own budget.
func (f PlanFile) costJSON() planCostJSON {
	t := f.Total
	var budgets []task.Cost
	if f.RunBudget != nil {
		budgets = append(budgets, *f.RunBudget)
	}
	most, bounded := mostWithin(t.AtMost, t.Repeats, budgets...)
	return planCostJSON{
		Paying: t.Paying, Low: t.Low.Decimal(), High: t.High.Decimal(),
		AtMost: most.Decimal(), Bounded: bounded, Unpriced: t.Unpriced, Repeats: t.Repeats,
	}
}

func newAppliedJSON(p PlanProgress) appliedJSON {
	out := appliedJSON{Unknown: p.Unknown, Stale: p.Stale, Submitted: p.Submitted, Committed: p.Committed.Decimal()}
	if !p.Begun.IsZero() {
		out.Begun = &p.Begun
	}
	return out
}

// newResourceChange is an action with what the state has of its instance. Where the plan's
// file has no input of a request to come, it is known if it is that of the record.
func newResourceChange(a *plan.SavedAction, prior map[task.Address]*state.Record) resourceChange {
	record := prior[cmp.Or(a.From, a.Address)]
	input := a.Input
	if input == nil && record != nil && record.Fingerprint == a.Fingerprint {
		input = record.Request.Input
	}
	out := resourceChange{
		Address: a.Address, PreviousAddress: a.From, Import: a.Import, Mode: "managed", Provider: "apixo", Type: "task", Name: a.Address.Name, Index: refer(a.Address, "").Key,
		Model: a.Model, Change: newChangeValues(a.Kind, record, a.Model, input, len(a.After) == 0), Action: a.Kind.Word(), Reason: a.Reason,
		Fingerprint: a.Fingerprint, After: a.After, MaxAttempts: a.MaxAttempts,
	}
	if a.Reason == plan.Removed {
		out.Change = out.Change.forget()
	}
	if a.Kind.Pays() {
		out.Cost = price(plan.Price{Low: a.Low, High: a.High, Known: a.Priced})
	}
	return out
}

// terraformActions are Terraform's words for what an action does: a new attempt
// makes what is not there yet, and what is paid for is read.
func terraformActions(k plan.Kind) []string {
	switch k {
	case plan.Submit, plan.Retry:
		return []string{"create"}
	case plan.Regenerate:
		return []string{"update"}
	case plan.Collect:
		return []string{"read"}
	default:
		return []string{"no-op"}
	}
}
