package apixo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStatusSendsTheDocumentedRequest(t *testing.T) {
	var got *http.Request
	c := newClient(t, transport(func(r *http.Request) (*http.Response, error) {
		got = r
		return answering(200, sample(t, "status_processing.json"))(r)
	}))
	c.Status(t.Context(), "a/b", " x/y?z=1&u#v\x00")
	if want := "https://api.apixo.ai/api/v1/statusTask/a%2Fb?taskId=+x%2Fy%3Fz%3D1%26u%23v%00"; got.Method != "GET" || got.URL.String() != want {
		t.Errorf("request is %s %s, want %s", got.Method, got.URL, want)
	}
	if got.Header.Get("Content-Type") != "" || got.Body != nil {
		t.Error("a GET has a body or its type")
	}
	if got.Header.Get("Authorization") != "Bearer "+testKey {
		t.Error("the key is missing")
	}
}

func TestStatusReadsTheDocumentedAnswers(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	captured := "0123456789abcdef0123456789abcdef"
	tests := []struct {
		file string
		want Task
	}{
		{"status_processing.json", Task{TaskID: "task_12345678", State: "processing", CreatedAt: at(1767965610929)}},
		{"status_success.json", Task{
			TaskID: "task_12345678", State: "success", CreatedAt: at(1767965610929), CompletedAt: at(1767965652317),
			URLs: []string{"https://cdn.apixo.ai/output/image1.jpg", "https://cdn.apixo.ai/output/image2.jpg"},
			Raw:  json.RawMessage(`{"resultUrls":["https://cdn.apixo.ai/output/image1.jpg","https://cdn.apixo.ai/output/image2.jpg"]}`),
		}},
		{"status_failed.json", Task{
			TaskID: "task_12345678", State: "failed", CreatedAt: at(1767965610929), CompletedAt: at(1767965652317),
			FailCode: "SensitiveContentDetected", FailMsg: "Your content was flagged by OpenAI as violating content policies.",
		}},
		{"status_success_captured.json", Task{
			TaskID: captured, State: "success", CreatedAt: at(1777000000000), CompletedAt: at(1777000085000),
			URLs: []string{"https://file.apixo.ai/temp/0123.png"},
			Raw:  json.RawMessage(`{"resultUrls":["https://file.apixo.ai/temp/0123.png"]}`),
		}},
	}
	for _, test := range tests {
		c := newClient(t, answering(200, sample(t, test.file)))
		got := c.Status(t.Context(), "m", test.want.TaskID)
		if got.Err != nil {
			t.Errorf("%s: %v", test.file, got.Err)
			continue
		}
		if diff := cmp.Diff(&test.want, got.Task); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.file, diff)
		}
	}
}

func TestStatusOfSunoFindsTheTracks(t *testing.T) {
	got := newClient(t, answering(200, sample(t, "status_success_suno.json"))).Status(t.Context(), "suno", "task_12345678")
	want := []string{"https://cdn.apixo.ai/output/1.mp3", "https://cdn.apixo.ai/output/2.mp3"}
	if got.Err != nil || cmp.Diff(want, got.Task.URLs) != "" {
		t.Errorf("tracks %v, %v; want %v", got.Task, got.Err, want)
	}
}

func TestResultInEveryShape(t *testing.T) {
	url := func(n int) string { return strings.Repeat("u", n) }
	tests := []struct {
		name, resultJSON string // as it stands in the answer
		raw              string
		urls             []string
	}{
		{"text", `"{\"resultUrls\":[\"a\",\"b\"]}"`, `{"resultUrls":["a","b"]}`, []string{"a", "b"}},
		{"object", `{"resultUrls":["a"]}`, `{"resultUrls":["a"]}`, []string{"a"}},
		{"bare text for a list", `{"resultUrls":"a"}`, `{"resultUrls":"a"}`, []string{"a"}},
		{"mixed list", `{"resultUrls":["a",null,7,"",{"x":1},["c"],"b"," "]}`, `{"resultUrls":["a",null,7,"",{"x":1},["c"],"b"," "]}`, []string{"a", "b"}},
		{"numbers keep their digits", `"{\"seed\":12345678901234567890}"`, `{"seed":12345678901234567890}`, nil},
		{"null list", `{"resultUrls":null}`, `{"resultUrls":null}`, nil},
		{"empty list", `{"resultUrls":[]}`, `{"resultUrls":[]}`, nil},
		{"other keys", `"{\"voice_id\":\"v1\"}"`, `{"voice_id":"v1"}`, nil},
		{"tracks", `[{"title":"x","download_url":"d","audio_url":"a"},{"audio_url":"b"}]`, `[{"title":"x","download_url":"d","audio_url":"a"},{"audio_url":"b"}]`, []string{"d", "b"}},
		{"tracks by sorted keys", `{"z":{"audio_url":"2"},"a":{"audio_url":"1"}}`, `{"z":{"audio_url":"2"},"a":{"audio_url":"1"}}`, []string{"1", "2"}},
		{"list before tracks", `{"resultUrls":["a"],"tracks":[{"audio_url":"b"}]}`, `{"resultUrls":["a"],"tracks":[{"audio_url":"b"}]}`, []string{"a"}},
		{"empty text", `""`, "", nil},
		{"null text", `"null"`, "", nil},
		{"null", `null`, "", nil},
		{"no JSON in the text", `"https://x"`, `"https://x"`, nil},
		{"number", `7`, `7`, nil},
		{"too long a URL", `{"resultUrls":["` + url(maxURLLen+1) + `","` + url(maxURLLen) + `"]}`, "", []string{url(maxURLLen)}},
	}
	for _, test := range tests {
		body := fmt.Sprintf(`{"code":200,"data":{"taskId":"t","state":"success","resultJson":%s}}`, test.resultJSON)
		got := newClient(t, answering(200, body)).Status(t.Context(), "m", "t")
		if got.Err != nil || got.Task == nil {
			t.Errorf("%s: %v", test.name, got.Err)
			continue
		}
		if len(test.raw) < maxURLLen && test.name != "too long a URL" && string(got.Task.Raw) != test.raw {
			t.Errorf("%s: raw is %s, want %s", test.name, got.Task.Raw, test.raw)
		}
		if diff := cmp.Diff(test.urls, got.Task.URLs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestResultURLsAreBounded(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"u",`, maxURLs+5), ",")
	for _, result := range []string{`{"resultUrls":[` + many + `]}`, strings.ReplaceAll("["+many+"]", `"u"`, `{"audio_url":"u"}`)} {
		if got := len(resultURLs(json.RawMessage(result))); got != maxURLs {
			t.Errorf("%d URLs, want %d", got, maxURLs)
		}
	}
}

func TestStateIsPassedThroughInLowerCase(t *testing.T) {
	for given, want := range map[string]string{
		`"SUCCESS"`: "success", `"processing_r2"`: "processing_r2", `"Paused"`: "paused",
		`""`: "", `null`: "", `7`: "7", `{}`: "", `true`: "",
	} {
		body := `{"code":200,"data":{"taskId":"t","state":` + given + `}}`
		got := newClient(t, answering(200, body)).Status(t.Context(), "m", "t")
		if got.Err != nil || got.Task == nil || got.Task.State != want {
			t.Errorf("state %s: %+v, %v", given, got.Task, got.Err)
		}
	}
}

func TestStatusOfAnotherTaskIsNoAnswer(t *testing.T) {
	got := newClient(t, answering(200, sample(t, "status_success.json"))).Status(t.Context(), "m", "task_other")
	if got.Task != nil || got.Err == nil || !strings.Contains(got.Err.Error(), "task_12345678") {
		t.Errorf("task %v, error %v", got.Task, got.Err)
	}
	// An answer that names no task contradicts nothing.
	got = newClient(t, answering(200, `{"code":200,"data":{"state":"pending"}}`)).Status(t.Context(), "m", "t")
	if got.Err != nil || got.Task == nil || got.Task.TaskID != "t" {
		t.Errorf("task %v, error %v", got.Task, got.Err)
	}
}

func TestStatusWithoutATask(t *testing.T) {
	tests := []struct {
		status int
		body   string
		err    bool // a clean refusal is no error
	}{
		{404, `{"code":404,"message":"task not found","data":null}`, false},
		{200, `{"code":404,"message":"task not found","data":null}`, false},
		{429, `{"code":429,"data":{"taskId":"t","state":"failed"}}`, false},
		{200, `{"code":200,"data":null}`, true},
		{200, `{"code":200,"data":[]}`, true},
		{200, `{"code":200}`, true},
		{200, `<html>`, true},
		{502, `{"taskId":"t","state":"failed"}`, true},
	}
	for _, test := range tests {
		got := newClient(t, answering(test.status, test.body)).Status(t.Context(), "m", "t")
		if got.Task != nil || (got.Err != nil) != test.err {
			t.Errorf("HTTP %d %s: task %v, error %v", test.status, test.body, got.Task, got.Err)
		}
	}
}

func TestTimesByTheirSize(t *testing.T) {
	want := time.Date(2026, 1, 9, 13, 33, 30, 929e6, time.UTC)
	whole := want.Truncate(time.Second)
	for given, want := range map[string]time.Time{
		"1767965610929": want, `"1767965610929"`: want, "1767965610929000": want, "1.767965610929e12": want,
		"1767965610": whole, `" 1767965610 "`: whole,
		"0": {}, "-1767965610929": {}, "1": {}, "1e300": {}, "1767965610929000000000": {},
		`"2026-01-09"`: {}, `"NaN"`: {}, `"Inf"`: {}, "null": {}, "{}": {}, "true": {}, `""`: {},
	} {
		if got := parseTime(json.RawMessage(given)); !got.Equal(want) {
			t.Errorf("time %s is %v, want %v", given, got, want)
		}
	}
	if got := parseTime(nil); !got.IsZero() {
		t.Errorf("absent time is %v", got)
	}
}

func TestResultsDoNotEchoTheKey(t *testing.T) {
	result := `{\"resultUrls\":[\"https://cdn.example/x?key=` + testKey + `\"]}`
	body := `{"code":200,"data":{"taskId":"` + testKey + `","state":"success","failMsg":"` + testKey + `","resultJson":"` + result + `"}}`
	got := newClient(t, answering(200, body)).Status(t.Context(), "m", hidden)
	if got.Err != nil || len(got.Task.URLs) != 1 {
		t.Fatalf("task %v, error %v", got.Task, got.Err)
	}
	all := fmt.Sprint(got.Answer, *got.Task, string(got.Task.Raw))
	if strings.Contains(all, testKey) {
		t.Errorf("the key is in %s", all)
	}
}
