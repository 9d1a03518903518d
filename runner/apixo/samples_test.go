package apixo

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samples are the files of the index in testdata/README.md, with their HTTP
// status.
func samples(t *testing.T) map[string]string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join("testdata", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.HasSuffix(strings.TrimSpace(cells[1]), ".json") {
			continue
		}
		if strings.TrimSpace(cells[3]) == "" {
			t.Errorf("%s names no section of the API document", cells[1])
		}
		found[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
	}
	return found
}

func TestEverySampleHasASource(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	if diff := cmp.Diff(files, slices.Sorted(maps.Keys(samples(t)))); diff != "" {
		t.Errorf("files and index (-files +index):\n%s", diff)
	}
}

// meaning is what the client makes of a sample.
type meaning struct {
	status            int
	taskID            string // of a submit
	message, failCode string
	task              *Task // of a status call or a webhook
	micros            int64 // of a balance call
}

const (
	createdMs, completedMs = 1767965610929, 1767965652317
	policyMsg              = "Content violates usage policy"
	openAIMsg              = "Your content was flagged by OpenAI as violating content policies."
	promptMsg              = "Prompt exceeds provider limit (max 2000 chars)"
)

func sampleTask(state string) *Task {
	t := &Task{TaskID: "task_12345678", State: state, CreatedAt: time.UnixMilli(createdMs).UTC()}
	if state == "success" || state == "failed" {
		t.CompletedAt = time.UnixMilli(completedMs).UTC()
	}
	return t
}

func failedTask(code, msg string) meaning {
	t := sampleTask("failed")
	t.FailCode, t.FailMsg = code, msg
	return meaning{status: 200, task: t}
}

func succeededTask(raw string, urls ...string) meaning {
	t := sampleTask("success")
	t.Raw, t.URLs = json.RawMessage(raw), urls
	return meaning{status: 200, task: t}
}

const sampleHost = "https://cdn.apixo.ai/output/"

func meanings() map[string]meaning {
	one := `{"resultUrls":["` + sampleHost + `image1.jpg"]}`
	captured := succeededTask(`{"resultUrls":["https://file.apixo.ai/temp/0123.png"]}`, "https://file.apixo.ai/temp/0123.png")
	captured.task.TaskID = "0123456789abcdef0123456789abcdef"
	captured.task.CreatedAt, captured.task.CompletedAt = time.UnixMilli(1777000000000).UTC(), time.UnixMilli(1777000085000).UTC()
	return map[string]meaning{
		"submit_accepted.json":        {status: 200, message: "success", taskID: "task_12345678"},
		"submit_accepted_speech.json": {status: 200, message: "success", taskID: "task_abc123xyz789"},
		"submit_accepted_audio.json":  {status: 200, message: "success", taskID: "task_abc123xyz789"},
		"error_400.json":              {status: 400, message: "Invalid request"},
		"error_400_prompt.json":       {status: 400, message: promptMsg},
		"error_400_data.json":         {status: 400, message: "Bad Request"},
		"error_400_funds.json":        {status: 400, message: "Insufficient credits"},
		"error_400_failcode.json":     {status: 400, message: "Bad Request", failCode: "PromptLengthExceeded"},
		"error_401.json":              {status: 401, message: "Invalid or missing API key"},
		"error_402.json":              {status: 402, message: "Payment Required"},
		"error_403.json":              {status: 403, message: "Forbidden"},
		"error_404.json":              {status: 404, message: "Not Found"},
		"error_429.json":              {status: 429, message: "Provider rate limited, please retry later"},
		"error_500.json":              {status: 500, message: "Server Error"},
		"error_503.json":              {status: 503, message: "Service Unavailable"},
		"error_504.json":              {status: 504, message: "Provider timeout, please retry later"},
		"error_without_message.json":  {status: 403, message: "Forbidden"},
		"status_pending.json":         {status: 200, task: sampleTask("pending")},
		"status_processing.json":      {status: 200, task: sampleTask("processing")},
		"status_processing_r2.json":   {status: 200, task: sampleTask("processing_r2")},
		"status_failed.json":          failedTask("SensitiveContentDetected", openAIMsg),
		"status_failed_upper.json":    failedTask("CONTENT_VIOLATION", policyMsg),
		"webhook_failed.json":         failedTask("CONTENT_VIOLATION", policyMsg),
		"status_success.json": succeededTask(`{"resultUrls":["`+sampleHost+`image1.jpg","`+sampleHost+`image2.jpg"]}`,
			sampleHost+"image1.jpg", sampleHost+"image2.jpg"),
		"status_success_captured.json": captured,
		"status_success_object.json":   succeededTask(one, sampleHost+"image1.jpg"),
		"webhook_success.json":         succeededTask(one, sampleHost+"image1.jpg"),
		"status_success_voice.json":    succeededTask(`{"resultUrls":["`+sampleHost+`preview.mp3"],"voice_id":"voice_01"}`, sampleHost+"preview.mp3"),
		"status_success_suno.json": succeededTask(`{"data":[`+
			`{"id":"a","title":"One","lyrics":"La","audio_url":"`+sampleHost+`1.mp3","image_url":"`+sampleHost+`1.jpg"},`+
			`{"id":"b","title":"Two","lyrics":"La","source_audio_url":"`+sampleHost+`2.mp3","audio_url":"`+sampleHost+`2-low.mp3","image_url":"`+sampleHost+`2.jpg"}]}`,
			sampleHost+"1.mp3", sampleHost+"2.mp3"),
		"balance.json": {status: 200, micros: 74_870_000},
	}
}

// TestEverySampleIsReadAsDocumented gives each answer to the call that it
// answers; errors to all three.
func TestEverySampleIsReadAsDocumented(t *testing.T) {
	want := meanings()
	for name, status := range samples(t) {
		if strings.HasPrefix(name, "request_") {
			continue // TestSubmitSendsTheSamples
		}
		want, ok := want[name]
		if !ok {
			t.Errorf("%s: nobody says what it means", name)
			continue
		}
		number, err := strconv.Atoi(strings.Replace(status, "POST", "200", 1))
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, answering(number, sample(t, name)))
		switch {
		case want.task != nil:
			got := c.Status(t.Context(), "m", want.task.TaskID)
			if diff := cmp.Diff(want.task, got.Task); diff != "" || got.Err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", name, got.Err, diff)
			}
		case want.micros != 0:
			if micros, err := c.Balance(t.Context()); err != nil || micros != want.micros {
				t.Errorf("%s: %d, %v", name, micros, err)
			}
		default:
			checkSubmitSample(t, name, c, want)
		}
	}
}

func checkSubmitSample(t *testing.T, name string, c *Client, want meaning) {
	t.Helper()
	answers := map[string]Answer{"submit": c.Submit(t.Context(), "m", anInput)}
	if want.taskID == "" {
		answers["status"] = c.Status(t.Context(), "m", "t").Answer
	}
	for call, a := range answers {
		got := meaning{status: a.Status(), taskID: a.TaskID, message: a.Message, failCode: a.FailCode}
		if got != want || a.Err != nil || !a.Envelope {
			t.Errorf("%s of a %s: %+v, %v; want %+v", name, call, got, a.Err, want)
		}
	}
}

func TestSubmitSendsTheSamples(t *testing.T) {
	for name := range samples(t) {
		if !strings.HasPrefix(name, "request_") {
			continue
		}
		var want struct {
			CallbackURL string          `json:"callback_url"`
			Provider    string          `json:"provider"`
			Input       json.RawMessage `json:"input"`
		}
		text := strings.TrimSpace(sample(t, name))
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		body, err := Submission{Provider: want.Provider, Input: want.Input, CallbackURL: want.CallbackURL}.Body()
		if err != nil || string(body) != text {
			t.Errorf("%s: the client sends\n%s, %v; want\n%s", name, body, err, text)
		}
	}
}

func TestDeliveredSamplesNameTheirTask(t *testing.T) {
	for name, kind := range samples(t) {
		if kind != "POST" {
			continue
		}
		if id := DeliveredTaskID([]byte(sample(t, name))); id != "task_12345678" {
			t.Errorf("%s: task %q", name, id)
		}
	}
}

// TestSamplesRepeatTheirHTTPStatus: the code of the envelope is that of HTTP (API
// document, section 2).
func TestSamplesRepeatTheirHTTPStatus(t *testing.T) {
	for name, status := range samples(t) {
		var e struct{ Code int }
		if err := json.Unmarshal([]byte(sample(t, name)), &e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := strings.NewReplacer("POST", "200", "-", "0").Replace(status); strconv.Itoa(e.Code) != want {
			t.Errorf("%s: code %d under HTTP %s", name, e.Code, status)
		}
	}
}
