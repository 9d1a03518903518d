package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxBody = 1 << 20 // bytes; the longest documented prompt has 20000 characters

// submission is a submit that could be read.
type submission struct {
	model  model
	input  map[string]json.RawMessage
	body   []byte // the input, canonical
	hash   [sha256.Size]byte
	script script
	words  string // the prompt without its markers
}

func (b submission) hexHash() string { return hex.EncodeToString(b.hash[:]) }

// serveSubmit is POST generateTask (API document, section 3).
func (s *Simulator) serveSubmit(w http.ResponseWriter, r *http.Request) {
	if err := s.admit(r.PathValue("model")); err != nil {
		writeError(w, err)
		return
	}
	sub, err := s.readSubmission(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	taskID, fault, err := s.decide(sub)
	if err != nil {
		writeError(w, err)
		return
	}
	pause := s.pauses(r)
	pause(sub.script.slow)
	fault.write(w, contentJSON, success(map[string]any{"taskId": taskID}), pause)
	if fault.shape == sound || fault.shape == late {
		s.answered(w, taskID)
	}
}

// pauses returns how the answer to a request waits, at the simulator's speed.
func (s *Simulator) pauses(r *http.Request) func(time.Duration) {
	return func(d time.Duration) { wait(r, scale(d, s.config.Speed)) }
}

// wait sleeps, unless the client goes away before.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// answered notes in the ledger that the connection took the task ID.
func (s *Simulator) answered(w http.ResponseWriter, taskID string) {
	if r, ok := w.(*recorder); !ok || !r.delivered() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.byTask[taskID].Answered = true
}

func (s *Simulator) readSubmission(w http.ResponseWriter, r *http.Request) (submission, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return submission{}, refuse(http.StatusBadRequest, "Invalid request: cannot read the body: %v", err)
	}
	m, ok := findModel(r.PathValue("model"), s.config.AnyModel)
	if !ok {
		return submission{}, refuse(http.StatusNotFound, "Model not found: %.100s", r.PathValue("model"))
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != contentJSON {
		return submission{}, refuse(http.StatusBadRequest, "Invalid request: Content-Type must be application/json")
	}
	sub, err := parseSubmission(m, body)
	if err != nil {
		return submission{}, refuse(http.StatusBadRequest, "Invalid request: %v", err)
	}
	return sub, nil
}

// parseSubmission checks a body as far as the API's own fields go.
func parseSubmission(m model, body []byte) (submission, error) {
	var fields struct {
		RequestType *string         `json:"request_type"`
		Provider    *string         `json:"provider"`
		Input       json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return submission{}, fmt.Errorf("body is not the expected JSON: %w", err)
	}
	if t := fields.RequestType; t != nil && *t != "async" {
		return submission{}, fmt.Errorf("request_type %q: the simulator calls no webhooks; use async", *t)
	}
	sub := submission{model: m}
	if err := json.Unmarshal(fields.Input, &sub.input); err != nil || sub.input == nil {
		return submission{}, errors.New("input is required and must be an object")
	}
	canonical, prompts, err := canonicalize(fields.Input)
	if err != nil {
		return submission{}, err
	}
	sub.body = canonical
	sub.hash = sha256.Sum256(append([]byte(m.id+"\n"), canonical...))
	if m.needsPrompt && strings.TrimSpace(strings.Join(prompts, "")) == "" {
		return submission{}, errors.New("prompt is required")
	}
	sub.script, sub.words, err = parseMarkers(strings.Join(prompts, " "))
	return sub, err
}

// canonicalize sorts the keys of a JSON value and drops its spaces; numbers stay
// as they are written. It also returns the strings at keys named prompt.
func canonicalize(raw []byte) (canonical []byte, prompts []string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), promptsIn(value), nil
}

func promptsIn(value any) (found []string) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			found = append(found, promptsIn(e)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[key].(string); ok && key == "prompt" {
				found = append(found, text)
			}
			found = append(found, promptsIn(v[key])...)
		}
	}
	return found
}

// dollars is an amount with all its digits.
func dollars(micros int64) string {
	return strconv.FormatFloat(float64(micros)/1e6, 'f', -1, 64)
}
