package runner

import (
	"cmp"
	"slices"
	"time"

	"apixo-batch/runner/plan"
	"apixo-batch/runner/timing"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// timesOf are the processing times of tasks like this one.
func (r *run) timesOf(request task.Request, usual catalog.Span) *timing.Times {
	return r.times.Times(request.Model, timing.Variant(request.Input), timing.Range(usual))
}

// usualTime is the middle of the processing times of the model that the job
// submits to.
func (r *run) usualTime(j *job) time.Duration {
	model := j.action.Model()
	return r.times.Times(model, "", timing.Range(j.action.Timing(model).Usual)).Median()
}

// learnFrom takes in the times of the newest results that the state has, model by
// model. They are in the records, so nothing more is kept for it. A task that took
// longer than from its acceptance until its result was here has times by a clock
// that is wrong.
func (r *run) learnFrom(p *plan.Plan) {
	byModel := make(map[string][]*plan.Action)
	for i := range p.Actions {
		if a := &p.Actions[i]; a.Prior != nil && a.Prior.Status == state.Succeeded && a.Prior.Result != nil && possible(a.Prior) {
			byModel[a.Prior.Request.Model] = append(byModel[a.Prior.Request.Model], a)
		}
	}
	for model, actions := range byModel {
		slices.SortFunc(actions, func(a, b *plan.Action) int {
			return cmp.Or(a.Prior.Result.ReceivedAt.Compare(b.Prior.Result.ReceivedAt), a.Address.Compare(b.Address))
		})
		for _, a := range actions[max(0, len(actions)-timing.Enough):] {
			r.timesOf(a.Prior.Request, a.Timing(model).Usual).Recall(a.Prior.Result.CreatedAt, a.Prior.Result.CompletedAt)
		}
	}
}

// possible reports whether the times that the API gave of a record's task can be.
func possible(r *state.Record) bool {
	took := r.Result.CompletedAt.Sub(r.Result.CreatedAt)
	return !r.AcceptedAt.IsZero() && took-timeSlack <= r.Result.ReceivedAt.Sub(r.AcceptedAt)
}
