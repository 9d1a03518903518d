package apixo

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vendor's pages contradict each other. The API document, section 11, numbers
// the contradictions and recommends a reading of each; these are the ones that a
// client meets on the wire.

func answerTo(t *testing.T, status int, body string, headers ...string) Answer {
	t.Helper()
	return newClient(t, answering(status, body, headers...)).Submit(t.Context(), "m", anInput)
}

func taskIn(t *testing.T, data string) *Task {
	t.Helper()
	got := newClient(t, answering(200, `{"code":200,"message":"success","data":`+data+`}`)).Status(t.Context(), "m", "t")
	if got.Err != nil {
		t.Fatalf("%s: %v", data, got.Err)
	}
	return got.Task
}

func TestContradiction1EveryRefusalKeepsItsStatus(t *testing.T) {
	for _, name := range []string{"error_429.json", "error_500.json", "error_503.json", "error_504.json"} {
		var e struct{ Code int }
		if err := json.Unmarshal([]byte(sample(t, name)), &e); err != nil {
			t.Fatal(err)
		}
		if a := answerTo(t, e.Code, sample(t, name)); a.Status() != e.Code || a.Err != nil || a.TaskID != "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestContradiction3RetryAfterIsHonouredIfEverSent(t *testing.T) {
	body := sample(t, "error_429.json")
	if a := answerTo(t, 429, body); a.RetryAfter != 0 {
		t.Errorf("without the header: %v", a.RetryAfter)
	}
	if a := answerTo(t, 429, body, "Retry-After", "60"); a.RetryAfter != time.Minute {
		t.Errorf("with the header: %v", a.RetryAfter)
	}
}

func TestContradiction4EverySpellingOfNoFundsArrives(t *testing.T) {
	if a := answerTo(t, 400, sample(t, "error_400_funds.json")); a.Status() != 400 || a.Message != "Insufficient credits" {
		t.Errorf("400: %+v", a)
	}
	if a := answerTo(t, 402, sample(t, "error_402.json")); a.Status() != 402 {
		t.Errorf("402: %+v", a)
	}
	for _, code := range []string{"InsufficientQuota", "INSUFFICIENT_CREDITS"} {
		if task := taskIn(t, `{"taskId":"t","state":"failed","failCode":"`+code+`"}`); task.FailCode != code {
			t.Errorf("%s: %+v", code, task)
		}
	}
}

func TestContradictions6And7FailCodesArriveAsTheyAre(t *testing.T) {
	for _, code := range []string{
		"SensitiveContent", "CONTENT_VIOLATION", "PromptLengthExceeded", "PROMPT_TOO_LONG",
		"Task TimeOut", "Website TimeOut", "Upload error", "outputimagesensitivecontentdetected",
	} {
		if task := taskIn(t, `{"taskId":"t","state":"failed","failCode":"`+code+`"}`); task.FailCode != code || task.State != "failed" {
			t.Errorf("%s: %+v", code, task)
		}
	}
}

// "By code when it is a number other than 200, else by the HTTP status" (API
// document, section 2): a result that is paid for is not left to expire because the
// code is missing or in quotes. A submit is not read so: in doubt is the safe side.
func TestAnAnswerWithoutACodeIsReadByTheHTTPStatus(t *testing.T) {
	const task = `"data":{"taskId":"t","state":"success","resultJson":"{\"resultUrls\":[\"https://x/1.png\"]}"}`
	for _, test := range []struct {
		name         string
		status       int
		body         string
		want         int  // the status that counts
		found, clean bool // a task; no error
	}{
		{"in quotes", 200, `{"code":"200","message":"success",` + task + `}`, 200, true, true},
		{"missing", 200, `{"message":"success",` + task + `}`, 200, true, true},
		{"null", 200, `{"code":null,` + task + `}`, 200, true, true},
		{"a word", 200, `{"code":"OK",` + task + `}`, 200, true, true},
		{"true", 200, `{"code":true,` + task + `}`, 200, true, true},
		{"another in quotes", 200, `{"code":"404","message":"Task not found","data":null}`, 404, false, true},
		{"another in quotes, with a task", 200, `{"code":"500",` + task + `}`, 500, false, true},
		{"that of HTTP in quotes", 404, `{"code":"404","message":"Task not found","data":null}`, 404, false, true},
		{"missing, HTTP 502", 502, `{` + task + `}`, 502, false, false},
		{"missing, nothing of a task", 200, `{"data":{}}`, 200, false, false},
		{"missing, a task without a state", 200, `{"data":{"taskId":"t"}}`, 200, false, false},
		{"missing, a state without a task", 200, `{"data":{"state":"success"}}`, 200, false, false},
		{"missing, another task", 200, `{"data":{"taskId":"u","state":"failed"}}`, 200, false, false},
		{"missing, no object", 200, `[]`, 200, false, false},
	} {
		got := newClient(t, answering(test.status, test.body)).Status(t.Context(), "m", "t")
		if got.Status() != test.want || (got.Task != nil) != test.found || (got.Err == nil) != test.clean {
			t.Errorf("code %s: status %d, task %v, error %v", test.name, got.Status(), got.Task, got.Err)
		}
	}
	for body, want := range map[string]int64{
		`{"code":"200","message":"success","data":74.87}`: 74_870_000,
		`{"data":"74.87"}`:             74_870_000,
		`{"data":null}`:                -1,
		`{"code":"500","data":74.87}`:  -1,
		`{"login":"please","data":{}}`: -1,
	} {
		got, err := newClient(t, answering(200, body)).Balance(t.Context())
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("balance of %s is %d, %v, want %d", body, got, err, want)
		}
	}
	for _, body := range []string{`{"code":"404","data":null}`, `{"code":"200","data":null}`, `{"message":"success"}`} {
		if a := answerTo(t, 200, body); a.Envelope || a.Err == nil {
			t.Errorf("a submit that is answered %s: %+v", body, a)
		}
	}
}

func bodyOf(t *testing.T, s Submission) map[string]json.RawMessage {
	t.Helper()
	text, err := s.Body()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestContradiction10ProviderIsSentOnlyWhenSet(t *testing.T) {
	if _, sent := bodyOf(t, anInput)["provider"]; sent {
		t.Error("a provider that is not set is sent")
	}
	if got := bodyOf(t, Submission{Input: anInput.Input, Provider: "official"})["provider"]; string(got) != `"official"` {
		t.Errorf("provider %s", got)
	}
}

func TestContradiction11RequestTypeIsAlwaysSent(t *testing.T) {
	if got := bodyOf(t, anInput)["request_type"]; string(got) != `"async"` {
		t.Errorf("request_type %s", got)
	}
	if got := bodyOf(t, Submission{Input: anInput.Input, CallbackURL: "https://hooks.example/n"})["request_type"]; string(got) != `"callback"` {
		t.Errorf("request_type %s with a callback URL", got)
	}
}

func TestContradiction12CostTimeIsOptional(t *testing.T) {
	with := taskIn(t, `{"taskId":"t","state":"success","createTime":1767965610929,"completeTime":1767965652317,"costTime":41388}`)
	without := taskIn(t, `{"taskId":"t","state":"success","createTime":1767965610929,"completeTime":1767965652317}`)
	if diff := cmp.Diff(with, without); diff != "" || with.CompletedAt.Sub(with.CreatedAt) != 41388*time.Millisecond {
		t.Errorf("processing time %v (-with +without):\n%s", with.CompletedAt.Sub(with.CreatedAt), diff)
	}
}

func TestContradiction13AnyOtherStateIsNoEnd(t *testing.T) {
	for _, state := range []string{"pending", "processing", "processing_r2", "paused", "PROCESSING", "queued", ""} {
		task := taskIn(t, `{"taskId":"t","state":"`+state+`","createTime":1767965610929}`)
		if task.State == "success" || task.State == "failed" || !task.CompletedAt.IsZero() || task.State != strings.ToLower(state) {
			t.Errorf("%q: %+v", state, task)
		}
	}
	if task := taskIn(t, `{"taskId":"t","state":"SUCCESS"}`); task.State != "success" {
		t.Errorf("in capital letters: %+v", task)
	}
}

func TestContradiction14DataIsAnything(t *testing.T) {
	for _, data := range []string{``, `,"data":null`, `,"data":{"error":"x"}`, `,"data":7`, `,"data":"x"`, `,"data":[]`, `,"data":{}`} {
		if a := answerTo(t, 401, `{"code":401,"message":"m"`+data+`}`); a.Status() != 401 || a.Message != "m" || !a.Envelope || a.Err != nil {
			t.Errorf("%s: %+v", data, a)
		}
	}
}

func TestContradictions17And18InputIsSentUntouched(t *testing.T) {
	for _, input := range []string{
		`{"nVariants":2,"image_url":"https://a/b","n_frames":"10","aspect":"1:1","stylize":100,"resolution":"1k"}`,
		`{"num_images":2,"image_urls":["https://a/b"],"duration":10,"aspect_ratio":"1:1","resolution":"1K"}`,
		`{"duration":"10"}`, `{"duration":10.0}`, `{"b":1,"a":2}`, `{"p":"<&>\u2028 --v 7"}`,
	} {
		if got := bodyOf(t, Submission{Input: json.RawMessage(input)})["input"]; string(got) != input {
			t.Errorf("sent %s, want %s", got, input)
		}
	}
}

func TestContradiction20TheClientSetsNoLimitToPrompts(t *testing.T) {
	input := `{"prompt":"` + strings.Repeat("x", 30_000) + `"}`
	if got := bodyOf(t, Submission{Input: json.RawMessage(input)})["input"]; len(got) != len(input) {
		t.Errorf("%d bytes of %d are sent", len(got), len(input))
	}
}

// TestNumbersAndTextsAlike: where the document wavers, both are read.
func TestNumbersAndTextsAlike(t *testing.T) {
	number := taskIn(t, `{"taskId":"t","state":"success","createTime":1767965610929,"completeTime":1767965652317,"failCode":7}`)
	text := taskIn(t, `{"taskId":"t","state":"success","createTime":"1767965610929","completeTime":"1767965652317","failCode":"7"}`)
	if diff := cmp.Diff(number, text); diff != "" || number.CreatedAt.IsZero() {
		t.Errorf("(-number +text):\n%s", diff)
	}
	if got := newClient(t, answering(200, `{"code":200,"data":{"taskId":5,"state":"pending"}}`)).Status(t.Context(), "m", "5"); got.Err != nil {
		t.Errorf("a task ID as a number: %v", got.Err)
	}
	if micros, err := newClient(t, answering(200, `{"code":200,"data":"74.8700"}`)).Balance(t.Context()); err != nil || micros != 74_870_000 {
		t.Errorf("a balance as text: %d, %v", micros, err)
	}
}

// TestEveryCallSaysWhoItIs: each with the version and the key, and a Content-Type
// only where there is a body.
func TestEveryCallSaysWhoItIs(t *testing.T) {
	var calls []*http.Request
	rt := transport(func(r *http.Request) (*http.Response, error) {
		calls = append(calls, r)
		return answering(200, `{"code":200,"data":{"taskId":"t","state":"pending"}}`)(r)
	})
	c, err := New(Options{Key: mustKey(t, testKey), HTTP: rt, UserAgent: "apixo-batch/1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	c.Submit(t.Context(), "m", anInput)
	c.Status(t.Context(), "m", "t")
	c.Balance(t.Context())
	for _, r := range calls {
		contentType, wanted := r.Header["Content-Type"], r.Method == http.MethodPost
		if (contentType != nil) != wanted || wanted && contentType[0] != "application/json" {
			t.Errorf("%s %s: Content-Type %q", r.Method, r.URL.Path, contentType)
		}
		if r.Header.Get("User-Agent") != "apixo-batch/1.2.3" || r.Header.Get("Authorization") != "Bearer "+testKey {
			t.Errorf("%s %s: headers %v", r.Method, r.URL.Path, r.Header)
		}
	}
	if len(calls) != 3 {
		t.Errorf("%d calls", len(calls))
	}
}
