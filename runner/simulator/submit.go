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
	// callback is where the end of the task is posted; empty for request_type async.
	callback string
	provider string
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
	accepted, fault, err := s.decide(sub, s.filesURL(r))
	if err != nil {
		writeError(w, err)
		return
	}
	pause := s.pauses(r)
	pause(sub.script.slow)
	fault.write(w, contentJSON, accepted.flags.success(accepted.submit200()), pause)
	if fault.shape == sound || fault.shape == late {
		s.answered(w, accepted.id)
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
	m, ok := findModel(s.config.Catalog, r.PathValue("model"), s.config.AnyModel)
	if !ok {
		return submission{}, refuse(http.StatusNotFound, "Model not found: %.100s", r.PathValue("model"))
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != contentJSON {
		return submission{}, refuse(http.StatusBadRequest, "Invalid request: Content-Type must be application/json")
	}
	sub, err := parseSubmission(m, body)
	if err == nil {
		err = m.checkProvider(sub.provider, s.config.Parameters)
	}
	if err == nil {
		err = m.checkParameters(sub.input, s.config.Parameters)
	}
	var limit promptLimit
	switch {
	case errors.As(err, &limit):
		return submission{}, refuse(http.StatusBadRequest, "%v", limit)
	case err != nil:
		return submission{}, refuse(http.StatusBadRequest, "Invalid request: %v", err)
	}
	return sub, nil
}

// parseSubmission checks a body as far as the API's own fields go.
func parseSubmission(m model, body []byte) (submission, error) {
	var fields struct {
		RequestType *string         `json:"request_type"`
		CallbackURL *string         `json:"callback_url"`
		Provider    string          `json:"provider"`
		Source      *string         `json:"source"`
		Input       json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return submission{}, fmt.Errorf("body is not the expected JSON: %w", err)
	}
	sub := submission{model: m, provider: fields.Provider}
	var err error
	if sub.callback, err = callbackOf(fields.RequestType, fields.CallbackURL); err != nil {
		return submission{}, err
	}
	if err := json.Unmarshal(fields.Input, &sub.input); err != nil || sub.input == nil {
		return submission{}, errors.New("input is required and must be an object")
	}
	canonical, prompts, err := canonicalize(fields.Input)
	if err != nil {
		return submission{}, err
	}
	sub.body = canonical
	sub.hash = sha256.Sum256(append([]byte(m.id+"\n"), canonical...))
	if m.needsPrompt(sub.input) && strings.TrimSpace(strings.Join(prompts, "")) == "" {
		return submission{}, errors.New("prompt is required")
	}
	err = sub.readPrompts(prompts)
	return sub, err
}

// readPrompts reads the markers, and the words that the model would see.
func (b *submission) readPrompts(prompts []string) (err error) {
	b.script, b.words, err = parseMarkers(strings.Join(prompts, " "))
	switch b.model.id {
	case "midjourney": // drops what follows "--" (API document, section 11, row 21)
		words, _, _ := strings.Cut(b.words, "--")
		b.words = strings.TrimSpace(words)
	case voiceModel:
		b.words, _ = stringAt(b.input, "voice_id_prefix")
	}
	return err
}

// canonicalize sorts the keys of a JSON value and drops its spaces; numbers stay
// as they are written. It also returns the strings at keys named prompt, and
// preview_text, which is what minimax-voice calls it.
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
			if text, ok := v[key].(string); ok && (key == "prompt" || key == "preview_text") {
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
