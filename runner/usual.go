package runner

import (
	"cmp"
	"slices"
	"time"

	"apixo-batch/runner/timing"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// UsualTimes is how long tasks usually run, by the results that a state has and by
// what the catalog says.
type UsualTimes struct {
	book    *timing.Book
	catalog *catalog.Catalog
}

// NewUsualTimes learns from the newest results of each model.
func NewUsualTimes(records []state.Record, c *catalog.Catalog) *UsualTimes {
	u := &UsualTimes{timing.NewBook(), c}
	byModel := make(map[string][]*state.Record)
	for i := range records {
		if r := &records[i]; r.Status == state.Succeeded && r.Result != nil {
			byModel[r.Request.Model] = append(byModel[r.Request.Model], r)
		}
	}
	for _, results := range byModel {
		slices.SortFunc(results, func(a, b *state.Record) int {
			return cmp.Or(a.Result.CompletedAt.Compare(b.Result.CompletedAt), a.Address.Compare(b.Address))
		})
		for _, r := range results[max(0, len(results)-timing.Enough):] {
			u.times(r.Request).Learn(r.Result.CreatedAt, r.Result.CompletedAt)
		}
	}
	return u
}

func (u *UsualTimes) times(request task.Request) *timing.Times {
	usual := catalog.Usual("")
	if m, known := u.catalog.Lookup(request.Model); known {
		usual = m.Usual()
	}
	return u.book.Times(request.Model, timing.Variant(request.Input), timing.Range(usual))
}

// Of is the middle of the times of requests like this one.
func (u *UsualTimes) Of(request task.Request) time.Duration { return u.times(request).Median() }
