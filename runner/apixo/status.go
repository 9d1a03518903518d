package apixo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// StatusAnswer is what a status call brought: the evidence of the call, and
// the task if the answer tells of it.
type StatusAnswer struct {
	Answer
	// Task is nil unless Err is nil and Status is 200.
	Task *Task
}

// Task is a task as the API reports it (API document, section 4). Texts are as
// received but for the key, at most 8 KiB each.
type Task struct {
	TaskID string
	// State is in lower case: "pending", "processing", "success", "failed". Any
	// other, and the empty one, means that the task still runs.
	State string
	// FailCode and FailMsg say why a task failed.
	FailCode, FailMsg string
	// URLs are the files of the result, at most 1,000 of at most 8 KiB each.
	URLs []string
	// Raw is the parsed resultJson, whole; nil if there is none. A resultJson
	// that is no JSON stands here as a JSON string.
	Raw json.RawMessage
	// CreatedAt and CompletedAt are the server's times, zero where it gives
	// none that makes sense.
	CreatedAt, CompletedAt time.Time
}

// Status asks how a task is. model is the model that it was submitted to. An
// answer for another task is none: Err is ErrOtherTask.
func (c *Client) Status(ctx context.Context, model, taskID string) StatusAnswer {
	path, err := modelPath("statusTask", model)
	if err != nil {
		return StatusAnswer{Answer: Answer{Err: err}}
	}
	answer, payload := c.get(ctx, path+"?taskId="+url.QueryEscape(taskID), func(payload json.RawMessage) bool {
		return isTask(payload, taskID)
	})
	if answer.Err != nil || answer.Status() != http.StatusOK {
		return StatusAnswer{Answer: answer}
	}
	task, err := readTask(payload, taskID)
	if err != nil {
		answer.Err = fmt.Errorf("status of task %.100q: %w", taskID, err)
	}
	return StatusAnswer{Answer: answer, Task: task}
}
