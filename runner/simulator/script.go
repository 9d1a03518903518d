package simulator

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// script is what the markers of a prompt ask for.
type script struct {
	submit  []fault   // in the prompt's order
	fail    []failure // in the prompt's order
	slow    time.Duration
	latency *time.Duration
	results int     // -1: as many as the input says
	medium  *medium // nil: that of the input
	flags   flags
	status  fault
	file    fault
	webhook fault
}

// flags are the variations of a sound status answer.
type flags uint16

const (
	flagR2           flags = 1 << iota // the last fifth of the time in processing_r2
	flagNoPending                      // never pending
	flagNoCostTime                     // success without costTime
	flagResultObject                   // resultJson as an object, not a string
	flagNoResult                       // success without resultJson
	flagExtraKeys                      // keys that no page documents
	flagUpperState                     // the state in capital letters
	flagTracks                         // tracks as objects in place of resultUrls
	flagNoSuffix                       // URLs of files without a suffix
	flagSeconds                        // times in whole seconds
	flagWrongSuffix                    // URLs of files with the suffix of another type
	allFlags         = 1<<iota - 1
)

const (
	markerOpen  = "[sim:"
	markerClose = "]"
	maxTimes    = 255
	maxResults  = 16
	maxMarkers  = 16
	maxLatency  = 7 * 24 * time.Hour
)

// parseMarkers reads the markers in a prompt, and returns the prompt without
// them. The grammar is in Manual.
func parseMarkers(prompt string) (script, string, error) {
	s := script{results: -1}
	var plain strings.Builder
	for range maxMarkers + 1 {
		before, rest, found := strings.Cut(prompt, markerOpen)
		plain.WriteString(before)
		if !found {
			return s, strings.Join(strings.Fields(plain.String()), " "), nil
		}
		text, after, closed := strings.Cut(rest, markerClose)
		if !closed {
			return script{}, "", fmt.Errorf("marker %s%.40s has no closing %s", markerOpen, rest, markerClose)
		}
		if err := s.add(text); err != nil {
			return script{}, "", fmt.Errorf("marker %s%.60s%s: %w", markerOpen, text, markerClose, err)
		}
		prompt = after
	}
	return script{}, "", fmt.Errorf("more than %d markers in one prompt", maxMarkers)
}

// add reads one marker into the script.
func (s *script) add(text string) error {
	m, err := splitMarker(text)
	if err != nil {
		return err
	}
	if flag, ok := markerFlags[m.name]; ok {
		s.flags |= flag
		return m.bare()
	}
	if read, ok := markerValues[m.name]; ok {
		return read(s, m)
	}
	return s.addSubmit(m)
}

// markerValues are the markers with a value that are not about the submit.
var markerValues = map[string]func(s *script, m marker) error{
	"fail":    (*script).addFail,
	"status":  func(s *script, m marker) error { return m.answer(&s.status, ofStatus) },
	"file":    func(s *script, m marker) error { return m.answer(&s.file, ofFile) },
	"webhook": func(s *script, m marker) error { return m.answer(&s.webhook, ofWebhook) },
	"slow": func(s *script, m marker) (err error) {
		s.slow, err = m.duration()
		return err
	},
	"latency": func(s *script, m marker) error {
		d, err := m.duration()
		s.latency = &d
		return err
	},
	"results": func(s *script, m marker) (err error) {
		s.results, err = m.number(maxResults)
		return errors.Join(err, m.allow())
	},
	"type": func(s *script, m marker) error {
		asked, ok := findMedium(m.value)
		if !ok {
			return fmt.Errorf("value %.60q: want one of %s", m.value, strings.Join(mediumNames(), ", "))
		}
		s.medium = &asked
		return m.allow()
	},
}

var markerFlags = map[string]flags{
	"processing_r2": flagR2,
	"no-pending":    flagNoPending,
	"no-cost-time":  flagNoCostTime,
	"result-object": flagResultObject,
	"noresult":      flagNoResult,
	"extra-keys":    flagExtraKeys,
	"upper-state":   flagUpperState,
	"tracks":        flagTracks,
	"no-suffix":     flagNoSuffix,
	"whole-seconds": flagSeconds,
	"wrong-suffix":  flagWrongSuffix,
}

func (s *script) addFail(m marker) error {
	f, err := m.failure()
	if err != nil {
		return err
	}
	if err := m.allow("times", "message"); err != nil {
		return err
	}
	if message, given := m.options["message"]; given {
		if message == "" || len(message) > maxFailMessage || !printable(message) {
			return fmt.Errorf("message %.80q: want 1 to %d bytes of characters that can be printed", message, maxFailMessage)
		}
		f.message = message
	}
	if f.times, err = m.times(); err != nil {
		return err
	}
	s.fail = append(s.fail, f)
	return nil
}

// failure reads fail, which says nothing of the cause, fail=, which names none, and
// fail=CODE.
func (m marker) failure() (failure, error) {
	switch {
	case !m.hasValue:
		return failure{lack: noCode}, nil
	case m.value == "":
		f := failure{lack: emptyCode}
		f.message = f.usualMessage()
		return f, nil
	default:
		return newFailure(m.value)
	}
}

func (s *script) addSubmit(m marker) error {
	f, err := m.submitFault()
	if err != nil {
		return err
	}
	if err := m.readOptions(&f, "message", "failcode"); err != nil {
		return err
	}
	s.submit = append(s.submit, f)
	return nil
}
