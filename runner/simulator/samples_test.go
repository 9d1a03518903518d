package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samplesDir holds what the API's documentation shows. The client is held to the
// same files by its own test.
const samplesDir = "../apixo/testdata"

func readSample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samplesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sampleStatuses are the answers in the index of the samples, with HTTP status.
func sampleStatuses(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for line := range strings.Lines(readSample(t, "README.md")) {
		cells := strings.Split(line, "|")
		if len(cells) > 5 && strings.HasSuffix(strings.TrimSpace(cells[1]), ".json") {
			found[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	return found
}

// keysAndTypes is what a JSON value is made of: the keys of objects, the types of
// the rest, of lists that of their first element. Of JSON in a string it is that
// JSON's.
func keysAndTypes(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return typesOf(value)
}

func typesOf(value any) any {
	switch v := value.(type) {
	case map[string]any:
		types := map[string]any{}
		for key, member := range v {
			types[key] = typesOf(member)
			if text, ok := member.(string); ok && key == "resultJson" {
				var inner any
				if json.Unmarshal([]byte(text), &inner) == nil {
					types[key] = map[string]any{"JSON in a string": typesOf(inner)}
				}
			}
		}
		return types
	case []any:
		if len(v) > 0 {
			return []any{typesOf(v[0])}
		}
		return []any{}
	}
	return fmt.Sprintf("%T", value)
}

// situation is how the simulator is brought to give the answer of a sample: a
// submit's own answer, or with after a status answer so much later.
type situation struct {
	config Config
	model  string
	prompt string
	after  time.Duration
	how    string // "submit", "status", "balance" or "webhook"
}

func situations() map[string]situation {
	minute := taking(time.Minute)
	status := func(after time.Duration, prompt string) situation {
		return situation{minute, testModel, prompt, after, "status"}
	}
	submit := func(prompt string) situation { return situation{Config{}, testModel, prompt, 0, "submit"} }
	const ended = 2 * time.Minute
	return map[string]situation{
		"submit_accepted.json":         submit("x"),
		"submit_accepted_speech.json":  {Config{}, "minimax-speech-2-8", "x", 0, "submit"},
		"submit_accepted_audio.json":   {Config{}, voiceModel, "x", 0, "submit"},
		"error_400.json":               submit("[sim:http=400]"),
		"error_400_prompt.json":        submit(strings.Repeat("long ", 1001)),
		"error_400_data.json":          submit("[sim:http=400,body=error-object,message=Prompt exceeds provider limit (max 2000 chars)]"),
		"error_400_funds.json":         {Config{Balance: -1, FundsStatus: 400}, testModel, "x", 0, "submit"},
		"error_400_failcode.json":      submit("[sim:http=400,message=Bad Request,failcode=PromptLengthExceeded]"),
		"error_401.json":               {Config{APIKey: "another"}, testModel, "x", 0, "submit"},
		"error_402.json":               {Config{Balance: -1}, testModel, "x", 0, "submit"},
		"error_403.json":               submit("[sim:http=403]"),
		"error_404.json":               {Config{}, "nano-pear", "x", 0, "submit"},
		"error_429.json":               submit("[sim:http=429]"),
		"error_500.json":               submit("[sim:http=500]"),
		"error_503.json":               submit("[sim:http=503]"),
		"error_504.json":               submit("[sim:http=504]"),
		"error_without_message.json":   submit("[sim:http=403,body=error-key]"),
		"status_pending.json":          status(0, "x"),
		"status_processing.json":       status(30*time.Second, "x"),
		"status_processing_r2.json":    status(50*time.Second, "[sim:processing_r2]"),
		"status_success.json":          status(ended, "[sim:results=2]"),
		"status_failed.json":           status(ended, "[sim:fail=SensitiveContentDetected]"),
		"status_failed_upper.json":     status(ended, "[sim:fail=CONTENT_VIOLATION]"),
		"status_success_captured.json": status(ended, "[sim:no-cost-time]"),
		"status_success_object.json":   status(ended, "[sim:result-object]"),
		"status_success_suno.json":     {minute, "suno", "[sim:tracks][sim:result-object][sim:no-cost-time]", ended, "status"},
		"status_success_voice.json":    {minute, voiceModel, "x", ended, "status"},
		"webhook_success.json":         {minute, testModel, "x", ended, "webhook"},
		"webhook_failed.json":          {minute, testModel, "[sim:fail=CONTENT_VIOLATION]", ended, "webhook"},
		"balance.json":                 {Config{}, "", "", 0, "balance"},
	}
}

// body brings the situation about and returns the HTTP status and the body.
func (s situation) body(t *testing.T) (status string, body string) {
	s.config.Parameters = KnownParameters
	receiver, c := newReceiver(t, s.config, nil)
	if s.how == "balance" {
		r := c.must("GET", "/api/v1/apikeys/current-balance", "")
		return fmt.Sprint(r.status), r.body
	}
	input := map[string]any{"prompt": s.prompt}
	if s.model == voiceModel {
		input = map[string]any{"preview_text": s.prompt}
	}
	text, err := json.Marshal(map[string]any{"request_type": "callback", "callback_url": hook, "input": input})
	if err != nil {
		t.Fatal(err)
	}
	r := c.must("POST", "/api/v1/generateTask/"+s.model, string(text))
	if s.how == "submit" {
		return fmt.Sprint(r.status), r.body
	}
	time.Sleep(s.after)
	if s.how == "webhook" {
		if posts := receiver.posts(); len(posts) == 1 {
			return "POST", posts[0].body
		}
		t.Fatalf("%d webhooks", len(receiver.posts()))
	}
	r = c.must("GET", "/api/v1/statusTask/"+s.model+"?taskId="+c.sim.Ledger()[0].TaskID, "")
	return fmt.Sprint(r.status), r.body
}

func TestAnswersAreMadeLikeTheSamples(t *testing.T) {
	all := situations()
	for name, status := range sampleStatuses(t) {
		if strings.HasPrefix(name, "request_") {
			continue // TestSampleRequestsAreTaken
		}
		situation, ok := all[name]
		if !ok {
			t.Errorf("%s: nobody says how to get it", name)
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			gotStatus, got := situation.body(t)
			if diff := cmp.Diff(keysAndTypes(t, readSample(t, name)), keysAndTypes(t, got)); diff != "" || gotStatus != status {
				t.Errorf("%s: HTTP %s, %s (-sample +simulator):\n%s", name, gotStatus, got, diff)
			}
		})
	}
}

// TestSampleWordsAreTheSimulators: where the documentation quotes a text, the
// simulator says the same by itself.
func TestSampleWordsAreTheSimulators(t *testing.T) {
	all := situations()
	for _, name := range []string{
		"submit_accepted.json", "error_400.json", "error_400_funds.json", "error_401.json", "error_429.json", "error_504.json",
		"status_failed.json", "status_failed_upper.json",
	} {
		synctest.Test(t, func(t *testing.T) {
			var want, got struct {
				Message string
				Data    struct{ FailCode, FailMsg string }
			}
			_, body := all[name].body(t)
			if err := json.Unmarshal([]byte(readSample(t, name)), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || got != want {
				t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
			}
		})
	}
}

func TestSampleRequestsAreTaken(t *testing.T) {
	models := map[string]string{"request_submit_provider.json": "kling-2-6"}
	requests := slices.DeleteFunc(slices.Collect(maps.Keys(sampleStatuses(t))), func(name string) bool { return !strings.HasPrefix(name, "request_") })
	if len(requests) != 3 {
		t.Errorf("samples of requests: %v", requests)
	}
	for _, name := range requests {
		model := models[name]
		if model == "" {
			model = testModel
		}
		config := instantly()
		config.Parameters = StrictParameters
		config.Webhooks = refusing{}
		c := newClient(t, config)
		if r := c.must("POST", "/api/v1/generateTask/"+model, readSample(t, name)); r.status != http.StatusOK {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

// refusing is a network that leads nowhere.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Body.Close()
	return nil, fmt.Errorf("no route to %s", r.URL.Host)
}
