package simulator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Faults are what goes wrong at random, and how often. The zero Faults are none.
// ParseFaults makes them.
type Faults struct {
	chances    map[answers][]chance
	fail       float64 // of the accepted tasks
	failCodes  []failure
	fewer      float64 // of the tasks with max_images
	storm      float64 // of the minutes
	retryAfter string
	text       string
}

// chance is a fault and its probability, 0 to 1.
type chance struct {
	fault fault
	p     float64
}

// String is the text that the Faults were parsed from.
func (f Faults) String() string { return f.text }

// ParseFaults reads a list like "429=2%,drop=0.5%,fail=3%,failcodes=NSFW|Timeout".
// The names are in Manual. At most one fault strikes an answer, so the percentages
// of a kind (submits, status calls, files, balance calls, webhooks) must not exceed
// 100 together.
func ParseFaults(text string) (Faults, error) {
	f := Faults{text: text, chances: map[answers][]chance{}}
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

// settings are the items of a faults text that are no fault of an answer.
var settings = map[string]func(f *Faults, value string) error{
	"fail":        func(f *Faults, value string) error { return readPercent(&f.fail, value) },
	"fewer":       func(f *Faults, value string) error { return readPercent(&f.fewer, value) },
	"storm":       func(f *Faults, value string) error { return readPercent(&f.storm, value) },
	"failcodes":   (*Faults).addFailCodes,
	"retry-after": func(f *Faults, value string) error { f.retryAfter = value; return checkRetryAfter(value) },
}

func (f *Faults) add(name, value string) error {
	if set, ok := settings[name]; ok {
		return set(f, value)
	}
	of, fault, err := answerOf(name)
	if err != nil {
		return err
	}
	c := chance{fault: fault}
	err = readPercent(&c.p, value)
	f.chances[of] = append(f.chances[of], c)
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

// kinds are the prefixes that tell whose faults a faults text means; a submit's
// have none.
var kinds = []struct {
	prefix, title string
	of            answers
}{
	{"status", "status calls", ofStatus},
	{"file", "files", ofFile},
	{"balance", "balance calls", ofBalance},
	{"webhook", "webhooks", ofWebhook},
	{"", "submits", ofSubmit},
}

// answerOf finds what a name stands for: "drop", "status500", "file-html".
func answerOf(name string) (answers, fault, error) {
	for _, k := range kinds {
		rest, ok := strings.CutPrefix(name, k.prefix)
		if !ok {
			continue
		}
		if k.prefix != "" {
			rest = strings.TrimPrefix(rest, "-")
		}
		if fault, ok := findFault(rest, k.of); ok {
			return k.of, fault, nil
		}
	}
	return 0, fault{}, fmt.Errorf("unknown; want one of %s", faultNames())
}

// faultNames lists what a faults text knows.
func faultNames() string {
	names := []string{"400..599", "html400..html599", "code400..code599", "accepted500..accepted599", "accepted500-envelope..accepted599-envelope"}
	of := func(kind answers) (found []string) {
		for name, n := range namedFaults {
			if n.of&kind != 0 {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		return found
	}
	names = append(names, of(ofSubmit)...)
	names = append(names, slices.Sorted(maps.Keys(settings))...)
	text := strings.Join(names, ", ")
	for _, k := range kinds {
		if k.prefix != "" {
			text += fmt.Sprintf("; %s- and one of 400..599, %s", k.prefix, strings.Join(of(k.of), ", "))
		}
	}
	return text
}

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
	for _, k := range kinds {
		var sum float64
		chances := f.chances[k.of]
		for i := range chances {
			sum += chances[i].p
			if s := chances[i].fault.status; s == 429 || s == 503 {
				chances[i].fault.retryAfter = f.retryAfter
			}
		}
		if sum > 1+1e-9 {
			return fmt.Errorf("the faults of %s come to %.4g%%, more than 100%%", k.title, sum*100)
		}
	}
	return nil
}

// pick draws at most one of the faults of a kind of answers; the zero fault is
// none.
func (f Faults) pick(of answers, r *rand.Rand) fault {
	u := r.Float64()
	for _, c := range f.chances[of] {
		if u < c.p {
			return c.fault
		}
		u -= c.p
	}
	return fault{}
}

func readPercent(p *float64, s string) error {
	digits, ok := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(n >= 0 && n <= 100) {
		return fmt.Errorf("value %q: want a percentage such as 2%% or 0.5%%", s)
	}
	*p = n / 100
	return nil
}
