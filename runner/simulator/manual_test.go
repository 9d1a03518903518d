package simulator

import (
	"regexp"
	"strings"
	"testing"
)

// section is a part of the manual, from a line to the next heading of its kind.
func section(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(Manual(), from)
	part, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("the manual has no part from %q to %q", from, to)
	}
	return part
}

// says reports whether a text has a word, with nothing before or behind that
// would make it another.
func says(text, word string) bool {
	return regexp.MustCompile(`(^|[\s,"=(])` + regexp.QuoteMeta(word) + `($|[\s,;=")])`).MatchString(text)
}

func TestManualNamesEveryMarkerAndFault(t *testing.T) {
	markers := section(t, "MARKERS", "FAULTS")
	submits := section(t, "Submits that are refused", "Answers about the task")
	parts := map[answers]string{
		ofSubmit: submits, ofStatus: section(t, "  status=500", "  file=404"), ofWebhook: section(t, "  webhook=lost", "Options:"),
	}
	for name := range markerFlags {
		if !says(markers, name) {
			t.Errorf("the manual does not name the marker %s", name)
		}
	}
	for name := range markerValues {
		if !strings.Contains(markers, "\n  "+name+"=") {
			t.Errorf("the manual does not name the marker %s=", name)
		}
	}
	for name, n := range namedFaults {
		for of, part := range parts {
			if n.of&of != 0 && !says(part, name) {
				t.Errorf("the manual does not name %s among the answers %d", name, of)
			}
		}
		if n.of&ofSubmit != 0 && !says(section(t, "FAULTS", "status500"), name) {
			t.Errorf("the manual does not name %s among the faults", name)
		}
		if n.of&ofWebhook != 0 && !says(section(t, "FAULTS", "WEBHOOKS"), "webhook-"+name) {
			t.Errorf("the manual does not name webhook-%s", name)
		}
	}
	for name := range settings {
		if !strings.Contains(section(t, "FAULTS", "WEBHOOKS"), "\n  "+name+"=") {
			t.Errorf("the manual does not name the fault %s=", name)
		}
	}
	for _, k := range kinds {
		if !says(section(t, "FAULTS", "WEBHOOKS"), k.prefix+"-html") && k.of&ofCall != 0 && k.prefix != "" {
			t.Errorf("the manual does not name the faults of %s", k.title)
		}
	}
	for name := range parametersNames {
		if !strings.Contains(section(t, "PARAMETERS", "OTHER ADDRESSES"), "\n  "+name+" ") {
			t.Errorf("the manual does not name the parameters %s", name)
		}
	}
	options := section(t, "Options:", "Several markers")
	for name := range bodies {
		if !says(options, name) {
			t.Errorf("the manual does not name the body %s", name)
		}
	}
	for _, name := range []string{"times", "retry-after", "message", "failcode", "body"} {
		if !strings.Contains(options, "\n  "+name+"=") {
			t.Errorf("the manual does not name the option %s", name)
		}
	}
}

// TestManualPromisesNothingThatIsNotThere reads every marker and fault in the
// first column of the manual.
func TestManualPromisesNothingThatIsNotThere(t *testing.T) {
	seen := 0
	for _, text := range entries(section(t, "What happens to the task", "Options:")) {
		prompt := "[sim:" + strings.ReplaceAll(text, "CODE", "NSFW") + "]"
		if _, _, err := parseMarkers(prompt); err != nil {
			t.Errorf("%s: %v", prompt, err)
		}
		seen++
	}
	for _, text := range entries(section(t, "FAULTS", "WEBHOOKS")) {
		name, value, given := strings.Cut(text, "=")
		if name == "..." || strings.Contains(text, " ... ") {
			continue
		}
		if !given {
			value = "1%"
		}
		faults := name + "=" + value
		if name == "failcodes" {
			faults += ",fail=1%"
		}
		if _, err := ParseFaults(faults); err != nil {
			t.Errorf("%s: %v", faults, err)
		}
		seen++
	}
	if seen < 60 {
		t.Errorf("only %d entries were found", seen)
	}
	example := entries(section(t, "on the order in which requests arrive.", "  400 ..."))
	if _, err := ParseFaults(strings.Join(example, ",")); err != nil || len(example) != 6 {
		t.Errorf("the example %v: %v", example, err)
	}
	_, prompt, _ := strings.Cut(section(t, "is done: ", "\n"), `"`)
	if s, _, err := parseMarkers(prompt); err != nil || len(s.submit) != 1 || len(s.fail) != 1 {
		t.Errorf("the example %q: %v", prompt, err)
	}
}

// entries are the names in the first column of a part of the manual.
func entries(part string) []string {
	var found []string
	for line := range strings.Lines(part) {
		text, indented := strings.CutPrefix(line, "  ")
		if !indented || strings.HasPrefix(text, " ") {
			continue
		}
		column, _, _ := strings.Cut(strings.TrimSpace(text), "  ")
		for name := range strings.SplitSeq(column, ",") {
			if name = strings.TrimSpace(name); name != "" {
				found = append(found, name)
			}
		}
	}
	return found
}
