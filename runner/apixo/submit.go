package apixo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Submission is what a submit asks for besides the model.
type Submission struct {
	// Provider is the route ("auto", "value", "official"); empty leaves it to
	// the key (API document, section 7).
	Provider string
	// Input is the JSON object of the model's parameters, sent as it is.
	Input json.RawMessage
	// CallbackURL is where the end of the task is to be posted (API document,
	// section 6); empty for nowhere.
	CallbackURL string
}

// Submit makes one POST generateTask for the model and returns what came of
// it. The POST is sent at most once, whatever happens to it. It is bounded by
// the submit timeout, and by ctx: a caller that must learn the outcome of a
// POST that is out passes a context that is not cancelled.
//
// The request type is always sent, "callback" with a CallbackURL and else "async":
// it is required on the reference page and left out on others (API document,
// section 3).
func (c *Client) Submit(ctx context.Context, model string, s Submission) Answer {
	body, err := s.Body()
	if err != nil {
		return Answer{Err: fmt.Errorf("submit to model %q: %w", model, err)}
	}
	path, err := modelPath("generateTask", model)
	if err != nil {
		return Answer{Err: err}
	}
	answer, _ := c.post(ctx, path, body)
	if answer.Err == nil && answer.Status() == 200 && answer.TaskID == "" {
		answer.Err = errors.New("the API answered success without a task ID")
	}
	return answer
}

// Body is the body of the POST.
func (s Submission) Body() ([]byte, error) {
	if input := bytes.TrimSpace(s.Input); len(input) == 0 || input[0] != '{' {
		return nil, errors.New("the input is not a JSON object")
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	requestType := "async"
	if s.CallbackURL != "" {
		requestType = "callback"
	}
	err := encoder.Encode(struct {
		RequestType string          `json:"request_type"`
		CallbackURL string          `json:"callback_url,omitempty"`
		Provider    string          `json:"provider,omitempty"`
		Input       json.RawMessage `json:"input"`
	}{requestType, s.CallbackURL, s.Provider, s.Input})
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
