package simulator

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Faults are what goes wrong at random, and how often. The zero Faults are none.
// ParseFaults makes them.
type Faults struct {
	submit, status, file []chance
	fail                 float64
	failCodes            []failure
	storm                float64 // of the minutes
	retryAfter           string
	text                 string
}

// chance is a fault and its probability, 0 to 1.
type chance struct {
	fault fault
	p     float64
}

// String is the text that the Faults were parsed from.
func (f Faults) String() string { return f.text }

// ParseFaults reads a list like "429=2%,drop=0.5%,fail=3%,failcodes=NSFW|Timeout".
// The names are in Manual. Of each kind (submit, status, file) at most one fault
// strikes an answer, so the percentages of a kind must not exceed 100 together.
func ParseFaults(text string) (Faults, error) {
	f := Faults{text: text}
	seen := map[string]bool{}
	for item := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(item) == "" {
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok {
			return Faults{}, fmt.Errorf("fault %q: want name=value, such as 429=2%%", item)
		}
		if seen[name] {
			return Faults{}, fmt.Errorf("fault %q is given twice", name)
		}
		seen[name] = true
		if err := f.add(name, value); err != nil {
			return Faults{}, fmt.Errorf("fault %s: %w", name, err)
		}
	}
	if err := f.complete(); err != nil {
		return Faults{}, err
	}
	return f, nil
}

func (f *Faults) add(name, value string) (err error) {
	switch name {
	case "fail":
		f.fail, err = parsePercent(value)
		return err
	case "failcodes":
		return f.addFailCodes(value)
	case "storm":
		f.storm, err = parsePercent(value)
		return err
	case "retry-after":
		f.retryAfter = value
		return checkRetryAfter(value)
	}
	kind, fault, err := f.kind(name)
	if err != nil {
		return err
	}
	p, err := parsePercent(value)
	*kind = append(*kind, chance{fault, p})
	return err
}

// maxRetryAfter keeps task IDs short.
const maxRetryAfter = 40

// checkRetryAfter accepts all that can stand in the header: seconds, and what a
// client has to live with, too.
func checkRetryAfter(text string) error {
	strange := func(c rune) bool { return c < ' ' || c > '~' }
	if text == "" || len(text) > maxRetryAfter || strings.ContainsFunc(text, strange) {
		return fmt.Errorf("value %.60q: want seconds, or any text of 1 to %d letters", text, maxRetryAfter)
	}
	return nil
}

// kind finds what a name stands for: a fault of files, of status calls, or of
// submits.
func (f *Faults) kind(name string) (*[]chance, fault, error) {
	if rest, ok := strings.CutPrefix(name, "status"); ok {
		if fault, ok := statusFault(strings.TrimPrefix(rest, "-")); ok {
			return &f.status, fault, nil
		}
	} else if rest, ok := strings.CutPrefix(name, "file"); ok {
		if fault, ok := fileFault(strings.TrimPrefix(rest, "-")); ok {
			return &f.file, fault, nil
		}
	} else if fault, ok := submitFault(name); ok {
		return &f.submit, fault, nil
	}
	return nil, fault{}, fmt.Errorf("unknown; want one of %s", faultNames)
}

const faultNames = "400..599, html, html400..html599, portal, redirect, drop, drop-unaccepted, accepted500..accepted599, " +
	"accepted504-envelope, accepted-portal, accepted-redirect, cut, cut-head, cut-anywhere, cut-tail, twice, late, trickle, stall, " +
	"garbage, empty, no-task-id, fail, failcodes, storm, retry-after; status500, status-html and the like with all that befalls answers, " +
	"status-other-task, status-odd-state, status-earlier-state; file404, file-html and the like"

func (f *Faults) addFailCodes(value string) error {
	for code := range strings.SplitSeq(value, "|") {
		failure, err := newFailure(strings.TrimSpace(code))
		if err != nil {
			return err
		}
		f.failCodes = append(f.failCodes, failure)
	}
	return nil
}

// complete checks what only the whole list can tell.
func (f *Faults) complete() error {
	if len(f.failCodes) > 0 && f.fail == 0 {
		return fmt.Errorf("failcodes without fail: say how often, such as fail=3%%")
	}
	if f.fail > 0 && len(f.failCodes) == 0 {
		for _, code := range usualFailures {
			f.failCodes = append(f.failCodes, failure{code: code, message: failMessage(code)})
		}
	}
	for kind, chances := range map[string][]chance{"submits": f.submit, "status calls": f.status, "files": f.file} {
		var sum float64
		for i := range chances {
			sum += chances[i].p
			if s := chances[i].fault.status; s == 429 || s == 503 {
				chances[i].fault.retryAfter = f.retryAfter
			}
		}
		if sum > 1+1e-9 {
			return fmt.Errorf("the faults of %s come to %.4g%%, more than 100%%", kind, sum*100)
		}
	}
	return nil
}

// pick draws at most one of the chances.
func pick(r *rand.Rand, chances []chance) (fault, bool) {
	u := r.Float64()
	for _, c := range chances {
		if u < c.p {
			return c.fault, true
		}
		u -= c.p
	}
	return fault{}, false
}

func parsePercent(s string) (float64, error) {
	digits, ok := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(n >= 0 && n <= 100) {
		return 0, fmt.Errorf("value %q: want a percentage such as 2%% or 0.5%%", s)
	}
	return n / 100, nil
}
