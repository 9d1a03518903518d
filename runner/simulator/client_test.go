package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// localURL is a base URL for clients of a Local. Nothing outside the process has
// that name.
const localURL = "http://simulator.invalid"

// client is a raw HTTP client of a simulator in the same process.
type client struct {
	t   *testing.T
	sim *Simulator
	rt  http.RoundTripper
}

func newClient(t *testing.T, c Config) *client {
	t.Helper()
	sim, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	local := Serve(sim)
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t, sim, local.Transport()}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
	code   int
	msg    string
	data   json.RawMessage
}

func (c *client) do(method, path, body string) (reply, error) {
	req, err := http.NewRequest(method, localURL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer key")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<22))
	if err != nil {
		return reply{status: resp.StatusCode}, err
	}
	r := reply{status: resp.StatusCode, header: resp.Header, body: string(b)}
	var e struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	if json.Unmarshal(b, &e) == nil {
		r.code, r.msg, r.data = e.Code, e.Message, e.Data
	}
	return r, nil
}

func (c *client) must(method, path, body string) reply {
	c.t.Helper()
	r, err := c.do(method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// body is a submit with the prompt.
func body(prompt string) string {
	b, err := json.Marshal(map[string]any{
		"request_type": "async",
		"input":        map[string]any{"mode": "text-to-image", "prompt": prompt, "aspect_ratio": "16:9"},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

const testModel = "nano-banana"

func (c *client) submit(prompt string) (reply, error) {
	return c.do("POST", "/api/v1/generateTask/"+testModel, body(prompt))
}

// accepted submits and returns the task ID.
func (c *client) accepted(prompt string) string {
	c.t.Helper()
	r, err := c.submit(prompt)
	var data struct{ TaskID string }
	if err != nil || r.status != 200 || json.Unmarshal(r.data, &data) != nil || data.TaskID == "" {
		c.t.Fatalf("submit of %q: %v %d %s", prompt, err, r.status, r.body)
	}
	return data.TaskID
}

type taskData struct {
	TaskID, State, FailCode, FailMsg   string
	ResultJSON                         json.RawMessage
	CreateTime, CompleteTime, CostTime int64
}

func (c *client) status(taskID string) taskData {
	c.t.Helper()
	r := c.must("GET", statusPath(taskID), "")
	var d taskData
	if r.status != 200 || r.code != 200 || json.Unmarshal(r.data, &d) != nil {
		c.t.Fatalf("status: %d %s", r.status, r.body)
	}
	return d
}

func statusPath(taskID string) string {
	return fmt.Sprintf("/api/v1/statusTask/%s?taskId=%s", testModel, taskID)
}

// urls are the result URLs of a status answer.
func (d taskData) urls(t *testing.T) []string {
	t.Helper()
	var text string
	var result struct{ ResultUrls []string }
	if err := json.Unmarshal(d.ResultJSON, &text); err != nil {
		t.Fatalf("resultJson %s: %v", d.ResultJSON, err)
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		t.Fatalf("resultJson %s: %v", text, err)
	}
	return result.ResultUrls
}

func (c *client) fetch(url string) (reply, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: string(b)}, err
}

// instantly is a config whose tasks take no time.
func instantly() Config { return Config{Latency: &Latency{}} }

// taking is a config whose tasks take about so long.
func taking(d time.Duration) Config { return Config{Latency: &Latency{d, d}} }
