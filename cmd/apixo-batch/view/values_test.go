package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const maskedInput = `{"image_urls":["a"],"prompt":"hmac-sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}`

func TestChangesAreInTerraformsShape(t *testing.T) {
	record := &state.Record{
		Address: address("hero", "cat"), Status: state.Running, TaskID: "task_1", Cost: 3 * cent, Priced: true,
		Request: task.Request{Model: "nano-banana", Input: json.RawMessage(maskedInput)},
	}
	before := `{"model":"nano-banana","input":{"image_urls":["a"],"prompt":"(sensitive)"},"status":"running","task_id":"task_1","cost":"0.03"}`
	hidden := `{"input":{"prompt":true}}`
	for _, test := range []struct {
		name   string
		change changeValues
		want   string
	}{
		{"a new one", newChangeValues(plan.Submit, nil, "m", json.RawMessage(`{"a":1}`), true),
			`{"actions":["create"],"before":null,"after":{"model":"m","input":{"a":1}},"after_unknown":{"task_id":true,"urls":true,"files":true},"before_sensitive":{},"after_sensitive":{}}`},
		{"one that waits for another", newChangeValues(plan.Submit, nil, "m", json.RawMessage(maskedInput), false),
			`{"actions":["create"],"before":null,"after":{"model":"m","input":{"image_urls":["a"],"prompt":"(sensitive)"}},"after_unknown":{"input":true,"task_id":true,"urls":true,"files":true},"before_sensitive":{},"after_sensitive":` + hidden + `}`},
		{"a changed one", newChangeValues(plan.Regenerate, record, "m", json.RawMessage(`{"a":1}`), true),
			`{"actions":["update"],"before":` + before + `,"after":{"model":"m","input":{"a":1}},"after_unknown":{"task_id":true,"urls":true,"files":true},"before_sensitive":` + hidden + `,"after_sensitive":{}}`},
		{"one that is collected", newChangeValues(plan.Collect, record, "nano-banana", nil, false),
			`{"actions":["read"],"before":` + before + `,"after":` + before + `,"after_unknown":{"urls":true,"files":true},"before_sensitive":` + hidden + `,"after_sensitive":` + hidden + `}`},
		{"one that is dropped", newChangeValues(plan.Orphan, record, "nano-banana", nil, false).forget(),
			`{"actions":["forget"],"before":` + before + `,"after":null,"after_unknown":{},"before_sensitive":` + hidden + `,"after_sensitive":{}}`},
	} {
		var b bytes.Buffer
		if err := WriteJSON(&b, test.change, ""); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(b.String()); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}
