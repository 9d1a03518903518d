package view

import (
	"encoding/json"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Explain implements View: one explanation for each instance, with its change as
// in planned_change, its request on record and to come, and its submits so far.
// A sensitive value stands as "(sensitive)".
func (j *JSON) Explain(p Plan, of map[task.Address]bool) {
	for _, e := range explain(p, of) {
		line := explanationLine{
			Change: newPlannedChange(e.Action), Request: newRequestChange(e),
			DependsOn: make([]plannedChange, len(e.uses)), Submits: submitsJSON(e.Prior),
		}
		for i, a := range e.uses {
			line.DependsOn[i] = newPlannedChange(a)
		}
		if each, pays := e.priced(); pays {
			line.Cost = price(each)
		}
		if i := e.Instance; i != nil {
			line.Settings = &settingsRef{i.MaxAttempts, i.Timeout.Seconds(), i.Provider, i.Range.Filename, i.Range.Start.Line, settingOrigins(i)}
		}
		j.write("info", "explanation", e.Address.String()+": "+e.done(), line)
	}
}

func newRequestChange(e explained) requestChange {
	old, now := e.fingerprints()
	r := requestChange{Model: e.Model(), Complete: e.settled, Fingerprint: now, PreviousPrint: old, Fields: make([]fieldChange, len(e.request))}
	if e.Prior != nil {
		r.PreviousModel = &e.Prior.Request.Model
	}
	for i, field := range e.request {
		r.Fields[i] = fieldChange{field.name, field.changed(), shownValue(field.old), shownValue(field.new)}
	}
	return r
}

// shownValue is a value with what is sensitive in it hidden; nil for none.
func shownValue(value json.RawMessage) any {
	if value == nil {
		return nil
	}
	return json.RawMessage(masked.ReplaceAll(value, []byte(`"(sensitive)"`)))
}

// submitsJSON are the submits of an instance that were, or may have been, paid
// for, the latest last.
func submitsJSON(r *state.Record) []submitRef {
	list := []submitRef{}
	if r == nil {
		return list
	}
	submits := r.Past
	if r.Status != state.Pending {
		submits = append(submits[:len(submits):len(submits)], r.AsPast())
	}
	for _, s := range submits {
		list = append(list, submitRef{s.Status, s.TaskID, amount(s.Cost), s.Fingerprint, s.SubmittedAt, newFailureJSON(s.Failure)})
	}
	return list
}
