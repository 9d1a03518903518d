package apixo

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// transport is a RoundTripper that keeps the contract: it reads and closes the
// request's body.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering answers every call with the same status, body and headers.
func answering(status int, body string, headers ...string) transport {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func newClient(t testing.TB, rt http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Options{Key: mustKey(t, testKey), HTTP: rt})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var anInput = Submission{Input: json.RawMessage(`{"mode":"text-to-image","prompt":"a cat"}`)}

func TestSubmitSendsTheDocumentedRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	rt := transport(func(r *http.Request) (*http.Response, error) {
		got = r
		body, _ = io.ReadAll(r.Body)
		return answering(200, sample(t, "submit_accepted.json"))(r)
	})
	c, err := New(Options{BaseURL: "http://127.0.0.1:8080", Key: mustKey(t, testKey), HTTP: rt, UserAgent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	input := json.RawMessage(`{"prompt":"<a> & b \u0041","seed":12345678901234567890.10,"x":1e400}`)
	answer := c.Submit(t.Context(), "happyHorse", Submission{Provider: "value", Input: input})
	if answer.Err != nil || answer.TaskID != "task_12345678" || answer.Status() != 200 || !answer.Envelope || !answer.Sent {
		t.Fatalf("answer: %+v", answer)
	}
	if got.Method != "POST" || got.URL.String() != "http://127.0.0.1:8080/api/v1/generateTask/happyHorse" {
		t.Errorf("request is %s %s", got.Method, got.URL)
	}
	want := `{"request_type":"async","provider":"value","input":` + string(input) + `}`
	if string(body) != want {
		t.Errorf("body\n got %s\nwant %s", body, want)
	}
	if got.ContentLength != int64(len(want)) {
		t.Errorf("content length is %d, want %d", got.ContentLength, len(want))
	}
	headers := http.Header{
		"Authorization":   {"Bearer " + testKey},
		"Content-Type":    {"application/json"},
		"Accept":          {"application/json"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"test/1"},
	}
	if diff := cmp.Diff(headers, got.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if got.GetBody != nil {
		t.Error("the transport could have the body a second time")
	}
}

func TestSubmitLeavesOutAnUnsetProvider(t *testing.T) {
	body, err := anInput.Body()
	if want := `{"request_type":"async","input":{"mode":"text-to-image","prompt":"a cat"}}`; err != nil || string(body) != want {
		t.Errorf("body %s, %v; want %s", body, err, want)
	}
}

func TestSubmitAsksForADelivery(t *testing.T) {
	body, err := Submission{Input: anInput.Input, CallbackURL: "https://example.com/a&b/NONCE"}.Body()
	want := `{"request_type":"callback","callback_url":"https://example.com/a&b/NONCE","input":{"mode":"text-to-image","prompt":"a cat"}}`
	if err != nil || string(body) != want {
		t.Errorf("body %s, %v; want %s", body, err, want)
	}
}

func TestModelIsOneElementOfThePath(t *testing.T) {
	for model, want := range map[string]string{
		"nano-banana":   "/api/v1/generateTask/nano-banana",
		"a/b":           "/api/v1/generateTask/a%2Fb",
		"../../balance": "/api/v1/generateTask/..%2F..%2Fbalance",
		"a b?c#d":       "/api/v1/generateTask/a%20b%3Fc%23d",
		"a%2fb":         "/api/v1/generateTask/a%252fb",
	} {
		var path, query string
		c := newClient(t, transport(func(r *http.Request) (*http.Response, error) {
			path, query = r.URL.EscapedPath(), r.URL.RawQuery
			return answering(200, sample(t, "submit_accepted.json"))(r)
		}))
		if a := c.Submit(t.Context(), model, anInput); a.Err != nil || path != want || query != "" {
			t.Errorf("model %q: path %s?%s, %v; want %s", model, path, query, a.Err, want)
		}
	}
}

func TestSubmitOfNonsenseIsNotSent(t *testing.T) {
	c := newClient(t, transport(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, io.EOF
	}))
	for _, input := range []string{"", "null", "[]", `"text"`, `{"a":`, `{} {}`, `{"a":01}`} {
		if a := c.Submit(t.Context(), "m", Submission{Input: json.RawMessage(input)}); a.Err == nil || a.Sent {
			t.Errorf("input %q: %+v", input, a)
		}
	}
	for _, model := range []string{"", ".", ".."} {
		if a := c.Submit(t.Context(), model, anInput); a.Err == nil || a.Sent {
			t.Errorf("model %q: %+v", model, a)
		}
		if a := c.Status(t.Context(), model, "task_1"); a.Err == nil || a.Sent || a.Task != nil {
			t.Errorf("status with model %q: %+v", model, a)
		}
	}
}

// evidence is an Answer without Err; err says whether there was one.
type evidence struct {
	HTTP, Code, Status int
	Envelope, Err      bool
	TaskID             string
	Message, FailCode  string
	RetryAfter         time.Duration
}

func evidenceOf(a Answer) evidence {
	return evidence{a.HTTPStatus, a.Code, a.Status(), a.Envelope, a.Err != nil, a.TaskID, a.Message, a.FailCode, a.RetryAfter}
}

func TestSubmitGathersTheEvidence(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		headers []string
		want    evidence
	}{
		{"accepted", 200, sample(t, "submit_accepted.json"), nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: "task_12345678", Message: "success"}},
		{"accepted, with further keys", 200, sample(t, "submit_accepted_audio.json"), nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: "task_abc123xyz789", Message: "success"}},
		{"400 with an error in data", 400, sample(t, "error_400_data.json"), nil,
			evidence{HTTP: 400, Code: 400, Status: 400, Envelope: true, Message: "Bad Request"}},
		{"400 without funds", 400, sample(t, "error_400_funds.json"), nil,
			evidence{HTTP: 400, Code: 400, Status: 400, Envelope: true, Message: "Insufficient credits"}},
		{"401 without data", 401, sample(t, "error_401.json"), nil,
			evidence{HTTP: 401, Code: 401, Status: 401, Envelope: true, Message: "Invalid or missing API key"}},
		{"429 with Retry-After", 429, sample(t, "error_429.json"), []string{"Retry-After", "7"},
			evidence{HTTP: 429, Code: 429, Status: 429, Envelope: true, Message: "Provider rate limited, please retry later", RetryAfter: 7 * time.Second}},
		{"429 under HTTP 200", 200, sample(t, "error_429.json"), nil,
			evidence{HTTP: 200, Code: 429, Status: 429, Envelope: true, Message: "Provider rate limited, please retry later"}},
		{"504 of the API", 504, sample(t, "error_504.json"), nil,
			evidence{HTTP: 504, Code: 504, Status: 504, Envelope: true, Message: "Provider timeout, please retry later"}},
		{"code 200 under HTTP 500", 500, `{"code":200,"data":null}`, nil,
			evidence{HTTP: 500, Code: 200, Status: 500, Envelope: true}},
		{"error in place of message", 403, `{"code":403,"error":"no permission"}`, nil,
			evidence{HTTP: 403, Code: 403, Status: 403, Envelope: true, Message: "no permission"}},
		{"error as an object", 403, `{"code":403,"error":{"message":"no permission"}}`, nil,
			evidence{HTTP: 403, Code: 403, Status: 403, Envelope: true, Message: "no permission"}},
		{"error only in data", 400, `{"code":400,"data":{"error":"too long"}}`, nil,
			evidence{HTTP: 400, Code: 400, Status: 400, Envelope: true, Message: "too long"}},
		{"immediate fail code", 400, `{"code":400,"data":{"failCode":"CONTENT_VIOLATION","failMsg":"no"}}`, nil,
			evidence{HTTP: 400, Code: 400, Status: 400, Envelope: true, FailCode: "CONTENT_VIOLATION", Message: "no"}},
		{"byte order mark", 200, "\ufeff" + sample(t, "submit_accepted.json"), nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: "task_12345678", Message: "success"}},
		{"whole number with a point", 429, `{"code":429.0}`, nil,
			evidence{HTTP: 429, Code: 429, Status: 429, Envelope: true}},

		{"success without a task ID", 200, `{"code":200,"message":"success","data":{}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, Message: "success", Err: true}},
		{"empty task ID", 200, `{"code":200,"data":{"taskId":" "}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, Err: true}},
		{"task ID null", 200, `{"code":200,"data":{"taskId":null}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, Err: true}},
		{"task ID in other letters", 200, `{"code":200,"data":{"TASKID":"x"}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, Err: true}},

		{"task ID as a number", 200, `{"code":200,"data":{"taskId":12345678901234567890}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: "12345678901234567890"}},
		{"task ID at the top", 200, `{"code":200,"taskId":"t1"}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: "t1"}},
		{"task ID in an error", 500, `{"code":500,"data":{"taskId":"t1"}}`, nil,
			evidence{HTTP: 500, Code: 500, Status: 500, Envelope: true, TaskID: "t1"}},
		{"task ID of odd characters", 200, `{"code":200,"data":{"taskId":" a/b?x=1&y#z\u0000\ud83d\ude00"}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: " a/b?x=1&y#z\x00😀"}},
		{"task ID without an envelope", 200, `{"data":{"taskId":"t1"}}`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
		{"task ID before garbage", 502, `{"code":200,"data":{"x":[1],"taskId":"t1"}}<html>`, nil,
			evidence{HTTP: 502, Status: 502, TaskID: "t1", Err: true}},
		{"task ID, then cut off", 200, `{"code":200,"message":"success","data" : {"taskId":"t1","sta`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
		{"task ID behind null data, then cut off", 200, `{"data":{},"taskId":"t1",`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
		{"cut off in the task ID", 200, `{"code":200,"data":{"taskId":"t1`, nil,
			evidence{HTTP: 200, Status: 200, Err: true}},
		{"cut off in a number", 200, `{"code":200,"data":{"taskId":123`, nil,
			evidence{HTTP: 200, Status: 200, Err: true}},
		{"task ID behind null, then cut off", 200, `{"data":null,"taskId":"t1",`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
		{"task ID behind a list, then cut off", 200, `{"data":[1,{"taskId":"t0"}],"taskId":"t1",`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
		{"task ID as a number, then cut off", 200, `{"code":200,"data":{"taskId":123,`, nil,
			evidence{HTTP: 200, Status: 200, TaskID: "123", Err: true}},
		{"data twice, once with a task ID", 400, `{"code":400,"data":{"taskId":"t1"},"data":null}`, nil,
			evidence{HTTP: 400, Status: 400, TaskID: "t1", Err: true}},
		{"task ID twice", 400, `{"code":400,"data":{"taskId":"t1","taskId":"t2"}}`, nil,
			evidence{HTTP: 400, Code: 400, Status: 400, Envelope: true, TaskID: "t1"}},
		{"code twice", 400, `{"code":400,"code":200,"message":"m"}`, nil,
			evidence{HTTP: 400, Status: 400, Err: true}},
		{"long task ID", 200, `{"code":200,"data":{"taskId":"` + strings.Repeat("t", 10_000) + `"}}`, nil,
			evidence{HTTP: 200, Code: 200, Status: 200, Envelope: true, TaskID: strings.Repeat("t", 10_000)}},
		{"NaN", 400, `{"code":400,"x":NaN}`, nil, evidence{HTTP: 400, Status: 400, Err: true}},
		{"task ID of another object", 200, `{"code":200,"data":{"previous":{"taskId":"t0"}},`, nil,
			evidence{HTTP: 200, Status: 200, Err: true}},

		{"proxy's page", 502, "<html>Bad gateway</html>", []string{"Content-Type", "text/html", "Retry-After", "3"},
			evidence{HTTP: 502, Status: 502, Err: true, RetryAfter: 3 * time.Second}},
		{"empty", 200, "", nil, evidence{HTTP: 200, Status: 200, Err: true}},
		{"null", 200, "null", nil, evidence{HTTP: 200, Status: 200, Err: true}},
		{"list", 200, `[{"code":200}]`, nil, evidence{HTTP: 200, Status: 200, Err: true}},
		{"code as text", 429, `{"code":"429","message":"m"}`, nil, evidence{HTTP: 429, Status: 429, Message: "m", Err: true}},
		{"code of no status", 429, `{"code":1e30}`, nil, evidence{HTTP: 429, Status: 429, Err: true}},
		{"other JSON", 429, `{"error":"slow down"}`, nil, evidence{HTTP: 429, Status: 429, Message: "slow down", Err: true}},
		{"gzip", 200, "\x1f\x8b\x08\x00", []string{"Content-Encoding", "gzip"}, evidence{HTTP: 200, Status: 200, Err: true}},
		{"redirect", 307, "", []string{"Location", "https://elsewhere.example/x"}, evidence{HTTP: 307, Status: 307, Err: true}},
		{"deep", 200, strings.Repeat("[", 100_000), nil, evidence{HTTP: 200, Status: 200, Err: true}},
		{"deep in an object", 200, `{"code":200,"data":` + strings.Repeat(`{"data":`, 100_000), nil, evidence{HTTP: 200, Status: 200, Err: true}},
		{"too long", 200, `{"code":200,"data":{"taskId":"t1"}}` + strings.Repeat(" ", maxBody), nil,
			evidence{HTTP: 200, Status: 200, TaskID: "t1", Err: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := newClient(t, answering(test.status, test.body, test.headers...)).Submit(t.Context(), "m", anInput)
			if diff := cmp.Diff(test.want, evidenceOf(answer)); diff != "" {
				t.Errorf("evidence (-want +got):\n%s\nerr: %v", diff, answer.Err)
			}
			if !answer.Sent {
				t.Error("answered, yet not sent")
			}
		})
	}
}

func TestMessageIsBoundedText(t *testing.T) {
	long := strings.Repeat("a", maxText-1) + "\u20ac" + strings.Repeat("b", 1000)
	body, err := json.Marshal(map[string]any{"code": 400, "message": long})
	if err != nil {
		t.Fatal(err)
	}
	if got := newClient(t, answering(400, string(body))).Submit(t.Context(), "m", anInput).Message; got != long[:maxText-1] {
		t.Errorf("message is %d bytes long, ending in %q", len(got), got[len(got)-4:])
	}
	broken := "{\"code\":400,\"message\":\"a\xff\xfeb\"}"
	if got := newClient(t, answering(400, broken)).Submit(t.Context(), "m", anInput).Message; got != "a\ufffdb" {
		t.Errorf("message is %q", got)
	}
}

func TestRedirectErrorNamesTheHost(t *testing.T) {
	c := newClient(t, answering(308, "", "Location", "https://elsewhere.example/x?token=1"))
	if err := c.Submit(t.Context(), "m", anInput).Err; err == nil || !strings.Contains(err.Error(), `"elsewhere.example"`) {
		t.Errorf("error: %v", err)
	}
}

func TestAnswersDoNotEchoTheKey(t *testing.T) {
	body, err := json.Marshal(map[string]any{
		"code": 401, "message": "Invalid key " + testKey, "data": map[string]any{"failCode": testKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	escaped := `{"code":401,"message":"Invalid key \u0073\u006b` + testKey[2:] + `"}`
	for _, rt := range []transport{
		answering(401, string(body)),
		answering(401, escaped),
		answering(302, "", "Location", "https://"+"sk-test0key.example/"),
		answering(502, "x", "Content-Type", "text/"+testKey),
		func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		func(r *http.Request) (*http.Response, error) {
			return nil, &json.UnsupportedValueError{Str: r.Header.Get("Authorization")}
		},
	} {
		a := newClient(t, rt).Submit(t.Context(), "m", anInput)
		all, _ := json.Marshal(a)
		text := string(all) + a.Message
		if a.Err != nil {
			text += a.Err.Error()
		}
		if strings.Contains(text, testKey) || strings.Contains(text, testKey[3:]) {
			t.Errorf("the key is in %s", text)
		}
	}
}
