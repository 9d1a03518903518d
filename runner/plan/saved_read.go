package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"apixo-batch/spec/task"
)

// maxSaved bounds a saved plan in bytes. That of the largest configuration, with
// long keys, has a quarter of it.
const maxSaved = 1 << 30

// IsSaved reports whether a file that begins with head is a saved plan, of any
// version, damaged or cut off.
func IsSaved(head []byte) bool {
	if len(head) > 0 && len(head) < len(savedHead) {
		return strings.HasPrefix(savedHead, string(head))
	}
	format, _ := sniff(head)
	return format == savedFormat
}

// sniff reads the first two fields only, before anything else is believed.
func sniff(head []byte) (format string, version int) {
	decoder := json.NewDecoder(bytes.NewReader(head))
	var tokens [5]any
	for i := range tokens {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		tokens[i] = token
	}
	if tokens[0] != json.Delim('{') || tokens[1] != "format" {
		return "", 0
	}
	format, _ = tokens[2].(string)
	if number, is := tokens[4].(float64); is && tokens[3] == "version" {
		version = int(min(number, 1<<30))
	}
	return format, version
}

// Errors of ReadSaved; each says what to do.
var (
	errNoPlan  = errors.New("it is not a saved plan; plan -out=FILE makes one")
	errDamaged = errors.New("its checksum does not match its content: it was cut off, damaged or edited; make a new one with plan -out=FILE")
)

// ReadSaved reads a plan as Write wrote it. One that was cut off or changed
// anywhere is refused, as is one of a newer version.
func ReadSaved(r io.Reader) (*Saved, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSaved+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSaved {
		return nil, fmt.Errorf("it is larger than %d MiB", maxSaved>>20)
	}
	if !IsSaved(data) {
		return nil, errNoPlan
	}
	if _, version := sniff(data); version > savedVersion {
		return nil, fmt.Errorf("it has format version %d, and this program knows up to %d; apply it with the release that made it, or a newer one", version, savedVersion)
	}
	if !intact(data) {
		return nil, errDamaged
	}
	s, err := parseSaved(data)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w; make a new one with plan -out=FILE", err)
	}
	return s, nil
}

// intact verifies the last field against all bytes before it.
func intact(data []byte) bool {
	if len(data) < checksumLength {
		return false
	}
	content, tail := data[:len(data)-checksumLength], data[len(data)-checksumLength:]
	return string(tail) == checksumField(content)
}

// parseSaved refuses fields that it does not know: they might bound what was
// approved.
func parseSaved(data []byte) (*Saved, error) {
	var file struct {
		Format   string        `json:"format"`
		Version  int           `json:"version"`
		Actions  []SavedAction `json:"actions"`
		Checksum string        `json:"checksum"`
		Saved
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after its end")
	}
	if file.Format != savedFormat || file.Version != savedVersion {
		return nil, fmt.Errorf("it says of itself to be %q, version %d", file.Format, file.Version)
	}
	file.Saved.Actions = file.Actions
	return &file.Saved, nil
}

// check reports what no plan says.
func (s *Saved) check() error {
	if s.Nonce == "" || s.Lineage == "" || s.Endpoint == "" || s.Configuration == "" || s.Changes < 0 {
		return errors.New("its head is incomplete")
	}
	if s.RunBudget != nil && *s.RunBudget < 0 {
		return errors.New("its budget is below zero")
	}
	if l := s.Selection; l != nil && (l.Limit < 0 || l.Sample < 0 || l.Limit > 0 && l.Sample > 0) {
		return errors.New("its selection is impossible")
	}
	seen := make(map[task.Address]bool, len(s.Actions))
	for i := range s.Actions {
		a := &s.Actions[i]
		switch {
		case a.Address == task.Address{}:
			return errors.New("an action has no address")
		case seen[a.Address]:
			return fmt.Errorf("%s is in it twice", a.Address)
		case a.Kind == 0:
			return fmt.Errorf("%s has no kind of action", a.Address)
		case a.Low < 0 || a.High < a.Low:
			return fmt.Errorf("%s has an impossible price", a.Address)
		case a.Kind.Pays() && a.MaxAttempts < 1:
			return fmt.Errorf("%s may not be submitted even once", a.Address)
		case a.Kind.Pays() && (a.Fingerprint == "") == (len(a.After) == 0):
			return fmt.Errorf("%s has neither a request nor what it waits for, or both", a.Address)
		case len(a.Input) > 0 && a.Input[0] != '{':
			return fmt.Errorf("%s has an input that is none", a.Address)
		}
		seen[a.Address] = true
	}
	return nil
}
