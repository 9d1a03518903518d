package view

import (
	"encoding/json"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// What an instance is, before and after, in Terraform's shape: a change has before,
// after, what of that is known only when it was applied, and what of both is sensitive.

// instanceValues is what is known of an instance.
type instanceValues struct {
	Model  string          `json:"model"`
	Input  json.RawMessage `json:"input,omitempty" doc:"the parameters; what is sensitive stands as (sensitive)"`
	Status state.Status    `json:"status,omitempty"`
	TaskID string          `json:"task_id,omitempty"`
	Cost   *usd            `json:"cost,omitempty"`
	URLs   []string        `json:"urls,omitempty"`
	Files  []string        `json:"files,omitempty"`
}

// valueMarks mark attributes of an instance: those that are marked are true.
type valueMarks struct {
	Input  *inputMarks `json:"input,omitempty" doc:"true, or which parameters"`
	TaskID bool        `json:"task_id,omitempty"`
	URLs   bool        `json:"urls,omitempty"`
	Files  bool        `json:"files,omitempty"`
}

// inputMarks are all parameters, or some of them.
type inputMarks struct {
	all  bool
	some map[string]bool
}

// MarshalJSON writes true, or the parameters that are marked.
func (m inputMarks) MarshalJSON() ([]byte, error) {
	if m.all {
		return []byte("true"), nil
	}
	return json.Marshal(m.some)
}

// changeValues is what an action does to an instance.
type changeValues struct {
	Actions         []string        `json:"actions" doc:"create, update, read, forget or no-op, as Terraform calls it"`
	Before          *instanceValues `json:"before" doc:"null if there is no record"`
	After           *instanceValues `json:"after" doc:"as far as it is known"`
	AfterUnknown    valueMarks      `json:"after_unknown" doc:"what is known after apply"`
	BeforeSensitive valueMarks      `json:"before_sensitive"`
	AfterSensitive  valueMarks      `json:"after_sensitive"`
}

// newChangeValues tells what a kind of action makes of a record, which may be nil. input
// is that of the request to come: whole, what is known of it, or nil.
func newChangeValues(kind plan.Kind, prior *state.Record, model string, input json.RawMessage, whole bool) changeValues {
	change := changeValues{Actions: terraformActions(kind)}
	if prior != nil {
		change.Before, change.BeforeSensitive = new(valuesOf(prior)), sensitiveIn(prior.Request.Input)
	}
	switch {
	case kind.Pays():
		change.After = &instanceValues{Model: model, Input: shownInput(input)}
		change.AfterSensitive = sensitiveIn(input)
		change.AfterUnknown = valueMarks{TaskID: true, URLs: true, Files: true}
		if !whole {
			change.AfterUnknown.Input = &inputMarks{all: true}
		}
	case kind == plan.Collect:
		change.After, change.AfterSensitive = change.Before, change.BeforeSensitive
		change.AfterUnknown = valueMarks{URLs: prior == nil || prior.Result == nil, Files: true}
	default:
		change.After, change.AfterSensitive = change.Before, change.BeforeSensitive
	}
	return change
}

// forget is the change of a record that leaves the state, as a removed block asks.
func (c changeValues) forget() changeValues {
	c.Actions, c.After, c.AfterUnknown, c.AfterSensitive = []string{"forget"}, nil, valueMarks{}, valueMarks{}
	return c
}

// valuesOf is what a record tells of its instance.
func valuesOf(r *state.Record) instanceValues {
	v := instanceValues{
		Model: r.Request.Model, Input: shownInput(r.Request.Input), Status: r.Status, TaskID: r.TaskID, Cost: amountIf(r.Cost, r.Priced),
	}
	if r.Result != nil {
		v.URLs = r.Result.URLs
	}
	for _, artifact := range r.Artifacts {
		v.Files = append(v.Files, artifact.Path)
	}
	return v
}

// shownInput is an input with what is sensitive in it hidden; nil without one.
func shownInput(input json.RawMessage) json.RawMessage {
	if len(input) == 0 {
		return nil
	}
	return masked.ReplaceAll(input, []byte(`"(sensitive)"`))
}

// sensitiveIn marks the parameters with something sensitive in them.
func sensitiveIn(input json.RawMessage) valueMarks {
	var parameters map[string]json.RawMessage
	if !masked.Match(input) || json.Unmarshal(input, &parameters) != nil {
		return valueMarks{}
	}
	some := make(map[string]bool)
	for name, value := range parameters {
		if masked.Match(value) {
			some[name] = true
		}
	}
	return valueMarks{Input: &inputMarks{some: some}}
}

// moduleValues are instances as Terraform's JSON lists resources.
type moduleValues struct {
	RootModule struct {
		Resources []resourceValues `json:"resources"`
	} `json:"root_module"`
}

type resourceValues struct {
	Address   task.Address   `json:"address"`
	Mode      string         `json:"mode"` // managed
	Type      string         `json:"type"` // task
	Name      string         `json:"name"`
	Index     any            `json:"index,omitempty"` // a text or a number
	Provider  string         `json:"provider_name"`   // apixo
	Values    instanceValues `json:"values"`
	Sensitive valueMarks     `json:"sensitive_values"`
}

func (m *moduleValues) add(a task.Address, values instanceValues, sensitive valueMarks) {
	m.RootModule.Resources = append(m.RootModule.Resources, resourceValues{
		Address: a, Mode: "managed", Type: "task", Name: a.Name, Index: refer(a, "").Key, Provider: "apixo", Values: values, Sensitive: sensitive,
	})
}

// newStateValues lists what records tell.
func newStateValues(records []state.Record) (m moduleValues) {
	m.RootModule.Resources = []resourceValues{}
	for i := range records {
		m.add(records[i].Address, valuesOf(&records[i]), sensitiveIn(records[i].Request.Input))
	}
	return m
}
