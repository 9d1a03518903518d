package runner

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// What looks lost, or without a result, is an end only once it has lasted, and every
// other word about the task in between makes it begin anew.
func TestAnEndThatMayPassCountsOnceItHasLasted(t *testing.T) {
	of := func(status int, t *apixo.Task) apixo.StatusAnswer {
		return apixo.StatusAnswer{Answer: apixo.Answer{Sent: true, Envelope: true, HTTPStatus: 200, Code: status}, Task: t}
	}
	unknown, broken := of(404, nil), of(500, nil)
	running, empty := of(200, &apixo.Task{State: "processing"}), of(200, &apixo.Task{State: "success"})
	for _, test := range []struct {
		name    string
		answers []apixo.StatusAnswer // a minute apart
		want    []int                // which of them are ends
		reason  task.Reason
	}{
		{"lost", repeat(unknown, 12), []int{10, 11}, task.Lost},
		{"unknown, with one word in between", append(append(repeat(unknown, 5), broken), repeat(unknown, 10)...), nil, ""},
		{"no result", repeat(empty, 7), []int{5, 6}, task.NoResult},
		{"no result, and no answer in between", append(append(repeat(empty, 3), broken), repeat(empty, 3)...), []int{5, 6}, task.NoResult},
		{"no result, and running in between", append(append(repeat(empty, 3), running), repeat(empty, 5)...), nil, ""},
		{"running", repeat(running, 20), nil, ""},
		{"unreadable", repeat(broken, 20), nil, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var looks suspicion
			var ends []int
			for i, answer := range test.answers {
				end, ended := looks.endOf(answer, 1, catalog.Default())
				if ended {
					ends = append(ends, i)
				}
				if ended && (end.result != nil || end.failure == nil || end.failure.Reason != test.reason) {
					t.Errorf("%s: %+v", test.name, end)
				}
				if sure := looks.sureAt(); ended && time.Now().Before(sure) {
					t.Errorf("%s: it is sure at %s only", test.name, sure)
				}
				time.Sleep(time.Minute)
			}
			if !slices.Equal(ends, test.want) {
				t.Errorf("%s: answers %v are ends, want %v", test.name, ends, test.want)
			}
		})
	}
}

func repeat(a apixo.StatusAnswer, n int) []apixo.StatusAnswer {
	return slices.Repeat([]apixo.StatusAnswer{a}, n)
}
