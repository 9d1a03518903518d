package simulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// marker is one marker taken apart: name[=value][,option=value]...
type marker struct {
	name, value string
	hasValue    bool
	options     map[string]string
}

func splitMarker(text string) (marker, error) {
	head, tail, more := strings.Cut(text, ",")
	var m marker
	m.name, m.value, m.hasValue = strings.Cut(head, "=")
	m.name, m.value = strings.TrimSpace(m.name), strings.TrimSpace(m.value)
	m.options = map[string]string{}
	for more {
		var option string
		option, tail, more = strings.Cut(tail, ",")
		name, value, ok := strings.Cut(option, "=")
		name = strings.TrimSpace(name)
		if _, twice := m.options[name]; !ok || twice {
			return marker{}, fmt.Errorf("option %.60q: want name=value, each name once", option)
		}
		m.options[name] = strings.TrimSpace(value)
	}
	return m, nil
}

var errUnknownMarker = errors.New("unknown; see the manual of the simulator for those that are known")

// submitFault reads http=CODE, code=CODE, html, html=CODE, and the names
// without a value.
func (m marker) submitFault() (fault, error) {
	if !m.hasValue {
		f, ok := findFault(m.name, ofSubmit)
		if _, isStatus := parseStatus(m.name); !ok || isStatus {
			return fault{}, errUnknownMarker
		}
		return f, nil
	}
	prefix, known := map[string]string{"http": "", "code": "code", "html": "html"}[m.name]
	if !known {
		return fault{}, errUnknownMarker
	}
	f, ok := findFault(prefix+m.value, ofSubmit)
	if _, isStatus := parseStatus(m.value); !ok || !isStatus {
		return fault{}, fmt.Errorf("status %.60q: want 400 to 599", m.value)
	}
	return f, nil
}

// answer reads a marker about the answers of status calls or of files, or about
// the webhook.
func (m marker) answer(f *fault, of answers) error {
	if f.shape != sound {
		return fmt.Errorf("%s given twice", m.name)
	}
	got, ok := findFault(m.value, of)
	if !ok {
		return fmt.Errorf("value %.60q: want 400 to 599, or another name that the manual has for such answers", m.value)
	}
	*f = got
	if of == ofWebhook {
		return m.allow()
	}
	return m.readOptions(f)
}

// readOptions reads the options that f's shape has a use for; more are those
// for an answer with a text.
func (m marker) readOptions(f *fault, more ...string) error {
	allowed := []string{"times"}
	switch f.shape {
	case mismatch:
		allowed = append(allowed, more...)
	case envelope, page:
		allowed = append(allowed, "retry-after", "body")
		allowed = append(allowed, more...)
	}
	err := m.allow(allowed...)
	if err != nil {
		return err
	}
	if f.times, err = m.times(); err != nil {
		return err
	}
	if text, ok := m.options["retry-after"]; ok {
		if err := checkRetryAfter(text); err != nil {
			return fmt.Errorf("retry-after: %w", err)
		}
		f.retryAfter = text
	}
	if err := m.readBody(f); err != nil {
		return err
	}
	return m.readWords(f)
}

func (m marker) readBody(f *fault) error {
	body, ok := m.options["body"]
	if !ok {
		return nil
	}
	shape, known := bodies[body]
	if !known {
		return fmt.Errorf("body %.60q: want one of %s", body, strings.Join(slices.Sorted(maps.Keys(bodies)), ", "))
	}
	f.shape = shape
	return nil
}

// readWords reads what an envelope says.
func (m marker) readWords(f *fault) error {
	var given bool
	if f.message, given = m.options["message"]; given && !slices.Contains([]shape{envelope, mismatch, errorKey, errorObject}, f.shape) {
		return errors.New("message goes with an envelope only")
	}
	code, given := m.options["failcode"]
	if !given {
		return nil
	}
	if f.shape != envelope && f.shape != mismatch {
		return errors.New("failcode goes with an envelope only")
	}
	failure, err := newFailure(code)
	f.failCode = failure.code
	return err
}

func (m marker) bare() error {
	if m.hasValue {
		return fmt.Errorf("%s takes no value", m.name)
	}
	return m.allow()
}

func (m marker) allow(names ...string) error {
	for name := range m.options {
		if !slices.Contains(names, name) {
			return fmt.Errorf("option %.60q: %s takes %s", name, m.name, orNone(names))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no options"
	}
	return strings.Join(names, ", ")
}

func (m marker) times() (int, error) {
	text, ok := m.options["times"]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxTimes {
		return 0, fmt.Errorf("times %.60q: want 1 to %d", text, maxTimes)
	}
	return n, nil
}

func (m marker) number(most int) (int, error) {
	n, err := strconv.Atoi(m.value)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("value %.60q: want 0 to %d", m.value, most)
	}
	return n, nil
}

func (m marker) duration() (time.Duration, error) {
	d, err := time.ParseDuration(m.value)
	if err != nil || d < 0 || d > maxLatency {
		return 0, fmt.Errorf("value %.60q: want a duration like 30s, at most %v", m.value, maxLatency)
	}
	return d, m.allow()
}
