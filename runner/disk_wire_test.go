package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"apixo-batch/state/disk/disktest"
)

// wire is the network of a process. When the process is gone nothing leaves it
// any more, and no answer reaches it.
type wire struct {
	t       *testing.T
	next    http.RoundTripper
	disk    *disktest.Disk
	journal string
	gone    context.CancelFunc

	posts sync.Map // prompt to how many POSTs, *atomic.Int64
}

var errGone = errors.New("the process is gone")

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		w.checkIntent(r)
	}
	if w.disk.Crashed() {
		w.gone()
		return nil, errGone
	}
	if taskID, ok := fileOf(r.URL.Path); ok {
		return serveResult(r, taskID), nil
	}
	answer, err := w.next.RoundTrip(r)
	if err == nil && w.disk.Crashed() {
		answer.Body.Close()
		w.gone()
		return nil, errGone
	}
	return answer, err
}

// fileOf gives the task of a result's URL.
func fileOf(path string) (taskID string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/files/")
	taskID, _, _ = strings.Cut(rest, "/")
	return taskID, ok
}

// serveResult answers with the result of a task, in two parts. The simulator
// would draw a picture, and that takes longer than all the rest.
func serveResult(r *http.Request, taskID string) *http.Response {
	content := resultOf(taskID)
	half := len(content) / 2
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, ContentLength: int64(len(content)), Header: http.Header{"Content-Type": {"image/png"}},
		Body: io.NopCloser(io.MultiReader(strings.NewReader(content[:half]), strings.NewReader(content[half:]))),
	}
}

func resultOf(taskID string) string {
	return "\x89PNG\r\n\x1a\n" + strings.Repeat(taskID+"\n", 50)
}

// checkIntent holds a POST against what a power loss would leave of the journal:
// each has an intent of its own there.
func (w *wire) checkIntent(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var submission struct {
		Input struct {
			Prompt string `json:"prompt"`
		} `json:"input"`
	}
	if err := json.Unmarshal(body, &submission); err != nil || submission.Input.Prompt == "" {
		w.t.Errorf("a POST without a prompt: %s (%v)", body, err)
	}
	counter, _ := w.posts.LoadOrStore(submission.Input.Prompt, new(atomic.Int64))
	posts := counter.(*atomic.Int64).Add(1)
	journal, _ := w.disk.Synced(w.journal)
	var intents int64
	for _, intent := range strings.Split(string(journal), `"status":"submitting"`)[1:] {
		intent, _, _ = strings.Cut(intent, `"fingerprint"`)
		if strings.Contains(intent, `"prompt":"`+submission.Input.Prompt+`"`) {
			intents++
		}
	}
	if intents < posts && !w.disk.Crashed() {
		w.t.Errorf("POST %d of %q has %d intents on the disk", posts, submission.Input.Prompt, intents)
	}
}
