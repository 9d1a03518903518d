package apixo

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDeliveryNamesItsTask(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"a success", `{"code":200,"message":"success","data":{"taskId":"task_1","state":"success","resultJson":"{}"}}`, "task_1"},
		{"a failure", `{"data":{"state":"failed","failCode":"NSFW","taskId":"task_2"},"code":200}`, "task_2"},
		{"without envelope", `{"taskId":"task_3","state":"success"}`, "task_3"},
		{"cut off behind it", `{"code":200,"data":{"taskId":"task_4","resultJson":"{\"resu`, "task_4"},
		{"none", `{"code":200,"data":{"state":"success"}}`, ""},
		{"an enormous one", `{"data":{"taskId":"` + strings.Repeat("x", maxDeliveredID+1) + `"}}`, ""},
		{"only spaces", `{"data":{"taskId":"  "}}`, ""},
		{"no JSON", "hello", ""},
		{"nothing", "", ""},
	} {
		if got := DeliveredTaskID([]byte(test.body)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzDelivery(f *testing.F) {
	f.Add([]byte(`{"code":200,"message":"success","data":{"taskId":"task_1","state":"success"}}`))
	f.Add([]byte(`{"data":[[[{"taskId":1e9`))
	f.Add([]byte("\xff\xfe\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if id := DeliveredTaskID(body); len(id) > maxDeliveredID || !utf8.ValidString(id) {
			t.Errorf("the task ID is no bounded text: %q", id)
		}
	})
}
