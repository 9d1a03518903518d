package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/spec/catalog"
)

// row is one thing that the API's document says can happen, how it is brought
// about, and what shows it. The name begins with the document's section.
type row struct {
	name   string
	config Config
	faults string
	model  string // testModel if empty
	prompt string
	input  string // in place of the prompt
	after  time.Duration
	call   string // "submit" if empty, "status", "file" or "balance"
	status int    // 200 if 0; -1 for a connection that ends
	has    string // what the body has
	lacks  string
}

var rows = []row{
	{name: "2: code repeats the HTTP status", prompt: "[sim:http=503]", status: 503, has: `"code":503`},
	{name: "2: HTTP 200 with another code", prompt: "[sim:code=402]", has: `"code":402`},
	{name: "2: HTTP 200 with another code, of a status call", prompt: "[sim:status=code404]", call: "status", has: `"code":404`},
	{name: "2: data is a number", call: "balance", has: `"data":1000`},
	{name: "2: data is null", prompt: "[sim:http=500]", status: 500, has: `"data":null`},
	{name: "2: data is absent", config: Config{APIKey: "other"}, status: 401, has: `"code":401`, lacks: "data"},
	{name: "2: data is {error}", prompt: "[sim:http=400,body=error-object]", status: 400, has: `"data":{"error":`},
	{name: "2: empty body", prompt: "[sim:http=500,body=empty]", status: 500, lacks: "{"},
	{name: "2: no JSON", prompt: "[sim:http=500,body=garbage]", status: 500, has: "mess"},
	{name: "2: error in place of message", prompt: "[sim:http=500,body=error-key]", status: 500, has: `"error":"Internal`, lacks: "message"},
	{name: "2: further keys", prompt: "[sim:extra-keys]", has: `"requestId":`},

	{name: "3: case of the model ID matters", model: "happyhorse", prompt: "x", status: 404, has: "not found"},
	{name: "3: the model ID as documented", model: "happyHorse", prompt: "x", has: "taskId"},
	{name: "3: a slug is no ID", model: "wan-2-6", prompt: "x", status: 404, has: "not found"},
	{name: "3: input is required", input: "null", status: 400, has: "input is required"},
	{name: "3: the prompt alone is enough", prompt: "x", has: `"message":"success"`},
	{name: "3: prompt over the model's limit", prompt: strings.Repeat("x", 5001), status: 400, has: "Prompt exceeds provider limit (max 5000 chars)"},
	{name: "3: prompt at the model's limit", prompt: strings.Repeat("x", 5000), has: "taskId"},
	{name: "3: too many image URLs", input: `{"mode":"image-to-image","prompt":"x","image_urls":["https://a/1","https://a/2","https://a/3","https://a/4","https://a/5","https://a/6"]}`, status: 400, has: "at most 5"},
	{name: "3: value of no enumeration", input: `{"prompt":"x","aspect_ratio":"7:5"}`, status: 400, has: "aspect_ratio must be one of 1:1"},
	{name: "3: further keys of an audio model", model: "minimax-speech-2-8", prompt: "x", has: `"state":"processing"`},
	{name: "3: voice_id and voice_type", model: voiceModel, input: `{"mode":"design","voice_id_prefix":"anna","preview_text":"x"}`, has: `"voice_id":"anna_`},
	{name: "3: no taskId in a 200", prompt: "[sim:no-task-id]", has: `"data":null`},
	{name: "3: accepted, and the answer lost", prompt: "[sim:drop]", status: -1},

	{name: "4: pending", prompt: "x", call: "status", has: `"state":"pending"`, lacks: "completeTime"},
	{name: "4: never pending", prompt: "[sim:no-pending]", call: "status", has: `"state":"processing"`},
	{name: "4: processing", prompt: "x", after: 30 * time.Second, call: "status", has: `"state":"processing"`, lacks: "costTime"},
	{name: "4: processing_r2", prompt: "[sim:processing_r2]", after: 55 * time.Second, call: "status", has: `"state":"processing_r2"`},
	{name: "4: success", prompt: "x", after: time.Minute, call: "status", has: `"costTime":60000`},
	{name: "4: success without costTime", prompt: "[sim:no-cost-time]", after: time.Minute, call: "status", has: `"state":"success"`, lacks: "costTime"},
	{name: "4: failed, with HTTP 200", prompt: "[sim:fail=NSFW]", after: time.Minute, call: "status", has: `"failCode":"NSFW"`, lacks: "costTime"},
	{name: "4: unknown state", prompt: "[sim:status=odd-state]", after: time.Minute, call: "status", has: `"state":"paused"`},
	{name: "4: state in other letters", prompt: "[sim:upper-state]", after: time.Minute, call: "status", has: `"state":"SUCCESS"`},
	{name: "4: resultJson is JSON in a string", prompt: "x", after: time.Minute, call: "status", has: `"resultJson":"{\"resultUrls\":[`},
	{name: "4: resultJson is an object", prompt: "[sim:result-object]", after: time.Minute, call: "status", has: `"resultJson":{"resultUrls":[`},
	{name: "4: success without a result", prompt: "[sim:noresult]", after: time.Minute, call: "status", lacks: "resultJson"},
	{name: "4: success without a URL", prompt: "[sim:results=0]", after: time.Minute, call: "status", has: `\"resultUrls\":[]`},
	{name: "4: several results", prompt: "[sim:results=4]", after: time.Minute, call: "status", has: "/3.jpg"},
	{name: "4: midjourney makes 4", model: "midjourney", prompt: "x", after: time.Minute, call: "status", has: "/3.png"},
	{name: "4: num_images", model: "gpt-image-1", input: `{"prompt":"x","num_images":2}`, after: time.Minute, call: "status", has: "/1.png", lacks: "/2.png"},
	{name: "4: max_images", model: "seedream-4-5", input: `{"prompt":"x","max_images":5}`, after: time.Minute, call: "status", has: "/4.png"},
	{name: "4: fewer than max_images", model: "seedream-4-5", input: `{"prompt":"x","max_images":2}`, faults: "fewer=100%", after: time.Minute, call: "status", has: "/0.png", lacks: "/1.png"},
	{name: "4: suno makes 2 tracks", model: "suno", prompt: "x", after: time.Minute, call: "status", has: "/1.wav"},
	{name: "4: tracks as objects", model: "suno", prompt: "[sim:tracks]", after: time.Minute, call: "status", has: `\"audio_url\":`, lacks: "resultUrls"},
	{name: "4: voice_id in the result", model: voiceModel, input: `{"voice_id_prefix":"anna","preview_text":"x"}`, after: time.Minute, call: "status", has: `\"voice_id\":\"anna_`},
	{name: "4: URLs without a suffix", prompt: "[sim:no-suffix]", after: time.Minute, call: "status", has: `/0\"]`, lacks: ".jpg"},
	{name: "4: a file without a suffix", prompt: "[sim:no-suffix]", after: time.Minute, call: "file", has: "\xFF\xD8\xFF"},
	{name: "4: a picture", prompt: "x", after: time.Minute, call: "file", has: "\xFF\xD8\xFF"},
	{name: "4: a PNG", input: `{"prompt":"x","output_format":"png"}`, after: time.Minute, call: "file", has: "PNG"},
	{name: "4: a WebP", model: "image-upscaler", input: `{"image_urls":["https://a.example/1.png"],"output_format":"webp"}`, after: time.Minute, call: "file", has: "WEBP"},
	{name: "4: a video", model: "kling-2-6", prompt: "x", after: time.Minute, call: "file", has: "ftypisom"},
	{name: "4: a sound", model: "suno", prompt: "x", after: time.Minute, call: "file", has: "WAVE"},
	{name: "4: URLs expire after 24 hours", prompt: "x", after: 24*time.Hour + time.Minute, call: "file", status: 410, has: "expired"},
	{name: "4: URLs that expire sooner", config: Config{URLLifetime: time.Minute}, prompt: "x", after: 2 * time.Minute, call: "file", status: 410},

	{name: "5: balance", config: Config{Balance: 74_870_000}, call: "balance", has: `"data":74.87`},
	{name: "5: 401", config: Config{APIKey: "other"}, call: "balance", status: 401},
	{name: "5: 403", faults: "balance403=100%", call: "balance", status: 403},
	{name: "5: 429", faults: "balance-429=100%", call: "balance", status: 429},

	{name: "9: insufficient credits as 400", config: Config{Balance: -1, FundsStatus: 400}, prompt: "x", status: 400, has: "Insufficient credits"},
	{name: "9: balance too low", config: Config{Balance: -1}, prompt: "x", status: 402},
	{name: "9: unknown task", prompt: "x", call: "unknown task", status: 404},
	{name: "9: 429 with Retry-After", prompt: "[sim:http=429,retry-after=7]", status: 429},

	{name: "10: an immediate fail code", prompt: "[sim:http=400,failcode=SensitiveContent]", status: 400, has: `"failCode":"SensitiveContent"`},
	{name: "10: INVALID_TASK_ID", model: "midjourney", input: `{"mode":"upscale","taskId":"task_abc","imageIndex":1}`, after: time.Minute, call: "status", has: `"failCode":"INVALID_TASK_ID"`},
	{name: "10: INVALID_IMAGE_URL", input: `{"mode":"image-to-image","prompt":"x","image_urls":["cat.png"]}`, after: time.Minute, call: "status", has: `"failCode":"INVALID_IMAGE_URL"`},
	{name: "10: unknown code", prompt: "[sim:fail=Brand New]", after: time.Minute, call: "status", has: `"failCode":"Brand New"`},
	{name: "10: unknown code of other characters", prompt: "[sim:fail=model.error/7]", after: time.Minute, call: "status", has: `"failCode":"model.error/7","failMsg":"Task failed."`},
	{name: "10: empty code", prompt: "[sim:fail=]", after: time.Minute, call: "status", has: `"failCode":"","failMsg":"Task failed.","state":"failed"`},
	{name: "10: no code", prompt: "[sim:fail]", after: time.Minute, call: "status", has: `"state":"failed"`, lacks: "failCode"},
	{name: "10: no code, a message", prompt: "[sim:fail,message=out of luck]", after: time.Minute, call: "status", has: `"failMsg":"out of luck"`, lacks: "failCode"},
	{name: "10: a failMsg of its own", prompt: "[sim:fail=NSFW,message=Your request was blocked: skin]", after: time.Minute, call: "status", has: `"failMsg":"Your request was blocked: skin"`},
	{name: "10: a failed task without a code has no files", prompt: "[sim:fail=]", after: time.Minute, call: "status", lacks: "resultJson", has: "completeTime"},
}

func TestEveryRowOfTheDocumentCanBeProduced(t *testing.T) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { r.check(t) })
		})
	}
}

func (r row) check(t *testing.T) {
	config := r.config
	config.Latency, config.Parameters = &Latency{time.Minute, time.Minute}, KnownParameters
	var err error
	if config.Faults, err = ParseFaults(r.faults); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, config)
	got, err := r.make(c)
	if (err != nil) != (r.status == -1) {
		t.Fatalf("error %v", err)
	}
	if want := cmp.Or(r.status, 200); err == nil && got.status != want {
		t.Errorf("HTTP %d, want %d: %.300s", got.status, want, got.body)
	}
	if !strings.Contains(got.body, r.has) || r.lacks != "" && strings.Contains(got.body, r.lacks) {
		t.Errorf("body %.600q; want %q and not %q", got.body, r.has, r.lacks)
	}
}

// make submits and makes the call.
func (r row) make(c *client) (reply, error) {
	if r.call == "balance" {
		return c.do("GET", "/api/v1/apikeys/current-balance", "")
	}
	if r.model == "" {
		r.model = testModel
	}
	input := r.input
	if input == "" {
		text, err := json.Marshal(map[string]string{"prompt": r.prompt})
		if err != nil {
			return reply{}, err
		}
		input = string(text)
	}
	got, err := c.do("POST", "/api/v1/generateTask/"+r.model, `{"request_type":"async","source":"test","input":`+input+`}`)
	if r.call == "" || err != nil {
		return got, err
	}
	time.Sleep(r.after)
	id := "task_12345678"
	if r.call != "unknown task" {
		id = c.sim.Ledger()[0].TaskID
	}
	if r.call == "file" {
		return c.fetch(localURL + "/files/" + id + "/" + c.fileOf(id))
	}
	return c.do("GET", "/api/v1/statusTask/"+r.model+"?taskId="+id, "")
}

func (c *client) fileOf(id string) string {
	j, err := jobOf(id, c.sim.config.Seed)
	if err != nil {
		c.t.Fatal(err)
	}
	return j.fileName(0, j.medium.extension())
}

// TestEveryStatusOfTheDocumentOnEveryCall: section 9, by marker and by fault.
func TestEveryStatusOfTheDocumentOnEveryCall(t *testing.T) {
	for _, status := range []int{400, 401, 402, 403, 404, 429, 500, 502, 503, 504} {
		for _, r := range []row{
			{prompt: fmt.Sprintf("[sim:http=%d]", status)},
			{prompt: "x", faults: fmt.Sprintf("%d=100%%", status)},
			{prompt: fmt.Sprintf("[sim:status=%d]", status), call: "status"},
			{prompt: "x", faults: fmt.Sprintf("status%d=100%%", status), call: "status"},
			{faults: fmt.Sprintf("balance%d=100%%", status), call: "balance"},
		} {
			r.status, r.has = status, fmt.Sprintf(`"code":%d`, status)
			synctest.Test(t, func(t *testing.T) { r.check(t) })
		}
		for _, r := range []row{
			{prompt: fmt.Sprintf("[sim:file=%d]", status)},
			{prompt: "x", faults: fmt.Sprintf("file-%d=100%%", status)},
		} {
			r.status, r.call, r.after, r.has = status, "file", time.Minute, "<h1>"
			synctest.Test(t, func(t *testing.T) { r.check(t) })
		}
	}
}

// TestEveryFailCodeOfTheDocumentIsKnown: section 10, both vocabularies. What each
// looks like is tested with the status.
func TestEveryFailCodeOfTheDocumentIsKnown(t *testing.T) {
	documented := 0
	for _, c := range catalog.Default().Codes() {
		if _, err := strconv.Atoi(c.Code); err == nil {
			continue // a status
		}
		documented++
		if !slices.ContainsFunc(failCodes, func(f failure) bool { return f.code == c.Code }) {
			t.Errorf("%s has no text", c.Code)
		}
	}
	if documented != len(failCodes) || documented < 34 {
		t.Errorf("%d codes are documented, the simulator has texts for %d", documented, len(failCodes))
	}
}

func TestDocumentedLimitsHoldUnlessReplaced(t *testing.T) {
	m, ok := findModel(catalog.Default(), "ltx-2-19b", false)
	if !ok || m.limits != (Limits{RequestsPerMinute: 10000, ConcurrentTasks: 1000}) {
		t.Fatalf("limits %+v", m.limits)
	}
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Hour)
		config.FreePolls = true
		c := newClient(t, config)
		refused := 0
		for i := range 1010 {
			r := c.must("POST", "/api/v1/generateTask/ltx-2-19b", fmt.Sprintf(`{"input":{"prompt":"x%d"}}`, i))
			if r.status == 429 {
				refused++
			}
			time.Sleep(6 * time.Millisecond)
		}
		if refused != 10 {
			t.Errorf("%d submits of 1010 were refused", refused)
		}
	})
}
