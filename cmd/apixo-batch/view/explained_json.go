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
		uses := make([]fields, len(e.uses))
		for i, a := range e.uses {
			uses[i] = plannedChange(a)
		}
		more := fields{"change": plannedChange(e.Action), "request": requestJSON(e), "depends_on": uses, "submits": submitsJSON(e.Prior)}
		if each, pays := e.priced(); pays {
			more["cost"] = price(each)
		}
		if i := e.Instance; i != nil {
			more["settings"] = fields{
				"max_attempts": i.MaxAttempts, "timeout_seconds": i.Timeout.Seconds(), "provider": i.Provider,
				"file": i.Range.Filename, "line": i.Range.Start.Line, "origins": settingOrigins(i),
			}
		}
		j.write("info", "explanation", e.Address.String()+": "+e.done(), more)
	}
}

func requestJSON(e explained) fields {
	old, now := e.fingerprints()
	f := fields{"model": e.Model(), "complete": e.settled, "fingerprint": now, "previous_fingerprint": old}
	if e.Prior != nil {
		f["previous_model"] = e.Prior.Request.Model
	}
	list := make([]fields, len(e.request))
	for i, field := range e.request {
		list[i] = fields{"name": field.name, "change": field.changed(), "previous": shownValue(field.old), "value": shownValue(field.new)}
	}
	f["fields"] = list
	return f
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
func submitsJSON(r *state.Record) []fields {
	list := []fields{}
	if r == nil {
		return list
	}
	submits := r.Past
	if r.Status != state.Pending {
		submits = append(submits[:len(submits):len(submits)], r.AsPast())
	}
	for _, s := range submits {
		f := fields{"status": s.Status, "task_id": s.TaskID, "cost": s.Cost.Decimal(), "fingerprint": s.Fingerprint}
		if !s.SubmittedAt.IsZero() {
			f["submitted_at"] = s.SubmittedAt
		}
		if s.Failure != nil {
			f["failure"] = s.Failure
		}
		list = append(list, f)
	}
	return list
}
