package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Accepted is one accepted submit: a task that exists and was billed, whether
// or not the client ever heard of it.
type Accepted struct {
	Time       time.Time       `json:"time"` // to the millisecond, like the createTime of the task
	Model      string          `json:"model"`
	TaskID     string          `json:"task_id"`
	InputHash  string          `json:"input_hash"` // SHA-256 of model, newline and Input, in hex
	Input      json.RawMessage `json:"input"`      // canonical: keys sorted, no spaces
	CostMicros int64           `json:"cost_micros"`
	// CompletesAt is when the task ends; Failed and FailCode, which may be empty, are how.
	CompletesAt time.Time `json:"completes_at"`
	Failed      bool      `json:"failed,omitempty"`
	FailCode    string    `json:"fail_code,omitempty"`
	// Fault is what was to go wrong with the answer, empty for nothing.
	Fault string `json:"fault,omitempty"`

	// What follows is known only later, so a ledger file does not have it.

	// Answered: the task ID was handed to the connection without an error.
	Answered bool `json:"answered,omitempty"`
	// Polls counts the status calls that were answered soundly; SeenAt is when
	// the first of them told the end of the task.
	Polls  int       `json:"polls,omitempty"`
	SeenAt time.Time `json:"seen_at,omitzero"`
}

// ledger is what was accepted, in order, and the file that repeats it.
type ledger struct {
	entries []*Accepted
	byTask  map[string]*Accepted
	spent   int64 // micro-dollars
	file    *os.File
}

// openLedger reads the file, if there is one, and goes on from it.
func openLedger(path string) (*ledger, error) {
	l := &ledger{byTask: map[string]*Accepted{}}
	if path == "" {
		return l, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l.file = file
	if err := l.read(); err != nil {
		file.Close()
		return nil, fmt.Errorf("read ledger %s: %w", path, err)
	}
	return l, nil
}

func (l *ledger) read() error {
	lines := bufio.NewReader(l.file)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 {
			return nil // the end of the file: an error of reading shows in the next write
		}
		var a Accepted
		if err != nil || json.Unmarshal(line, &a) != nil || a.TaskID == "" {
			return fmt.Errorf("line %d is no whole entry; move the file away to start a new one", number)
		}
		l.keep(&a)
	}
}

func (l *ledger) keep(a *Accepted) {
	l.entries = append(l.entries, a)
	l.byTask[a.TaskID] = a
	l.spent += a.CostMicros
}

// add puts a into the file, in one write, and then into the ledger.
func (l *ledger) add(a Accepted) error {
	if l.file != nil {
		line, err := json.Marshal(a)
		if err == nil {
			_, err = l.file.Write(append(line, '\n'))
		}
		if err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
	}
	l.keep(&a)
	return nil
}

// Ledger returns what was accepted so far, in order.
func (s *Simulator) Ledger() []Accepted {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Accepted, len(s.ledger.entries))
	for i, a := range s.ledger.entries {
		all[i] = *a
	}
	return all
}

// jsonLines is the ledger as GET /ledger serves it.
func (s *Simulator) jsonLines() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, a := range s.Ledger() {
		if err := encoder.Encode(a); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
