package state

import (
	"testing"
	"time"

	"apixo-batch/spec/task"
)

func TestEarlierTasksAreUncollectedAsLongAsTheirFilesCanBeHad(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	result := &task.Result{URLs: []string{"https://x/0", "https://x/1"}, ReceivedAt: now.Add(-time.Hour)}
	old := &task.Result{URLs: result.URLs, ReceivedAt: now.Add(-task.URLLifetime - time.Hour)}
	one := []Artifact{{Index: 0}}
	for name, c := range map[string]struct {
		past Past
		want bool
	}{
		"running":                     {Past{Status: Running, TaskID: "t"}, true},
		"in doubt":                    {Past{Status: InDoubt}, false},
		"failed":                      {Past{Status: Failed, TaskID: "t"}, false},
		"nothing saved":               {Past{Status: Succeeded, TaskID: "t", Result: result}, true},
		"one of two saved":            {Past{Status: Succeeded, TaskID: "t", Result: result, Artifacts: one}, true},
		"all saved":                   {Past{Status: Succeeded, TaskID: "t", Result: result, Artifacts: append(one, Artifact{Index: 1})}, false},
		"perhaps expired":             {Past{Status: Succeeded, TaskID: "t", Result: old}, true},
		"the host has them no longer": {Past{Status: Succeeded, TaskID: "t", Result: result, Failure: &task.Failure{Reason: task.Expired}}, false},
		"a download failed":           {Past{Status: Succeeded, TaskID: "t", Result: result, Failure: &task.Failure{Reason: task.DownloadFailed}}, true},
	} {
		if got := c.past.Uncollected(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
