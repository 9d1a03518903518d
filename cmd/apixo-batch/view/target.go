package view

import "strings"

// Target is what a command line pointed at, so that the next command can be
// written out whole.
type Target struct {
	Chdir     string // -chdir, "" if it was not given
	Path      string // the configuration, as the user named it
	State     string // -state, "" if it was not given
	Simulated bool
	// Vars are the arguments that give variables, as they may be shown.
	Vars []string
	// Selection are the flags that limit what is bought, for the commands that go
	// on with the same selection.
	Selection []string
	// Webhooks are the flags by which the run took webhooks, for the commands that go
	// on with it.
	Webhooks []string
	// Plan is the saved plan that is made or applied, "" without one, and
	// PlanVars are those of Vars that its apply needs again.
	Plan     string
	PlanVars []string
}

// Command writes out a command on the same target. Verbs that read the
// configuration need its variables.
func (t Target) Command(verb string, args ...string) string {
	words := []string{"apixo-batch"}
	if t.Path == "-" {
		words = []string{"...", "|", "apixo-batch"}
	}
	if t.Chdir != "" {
		words = append(words, Quote("-chdir="+Clean(t.Chdir)))
	}
	words = append(words, verb)
	if t.Plan != "" && verb == "apply" {
		for _, v := range t.PlanVars {
			words = append(words, Quote(Clean(v)))
		}
		return strings.Join(append(t.withWebhooks(words), Quote(Clean(t.Plan))), " ")
	}
	if t.Simulated {
		words = append(words, "-simulate")
	}
	if t.State != "" {
		words = append(words, Quote("-state="+Clean(t.State)))
	}
	switch verb {
	case "apply", "resume", "download", "plan", "resolve", "output":
		for _, v := range t.Vars {
			words = append(words, Quote(Clean(v)))
		}
	}
	if len(t.Selection) > 0 && (verb == "apply" || verb == "resume" || verb == "plan") {
		words = append(words, t.selection())
	}
	if verb == "apply" || verb == "resume" {
		words = t.withWebhooks(words)
	}
	for _, arg := range args {
		words = append(words, Quote(arg))
	}
	if t.Path != "." {
		words = append(words, Quote(Clean(t.Path)))
	}
	return strings.Join(words, " ")
}

func (t Target) withWebhooks(words []string) []string {
	for _, arg := range t.Webhooks {
		words = append(words, Quote(Clean(arg)))
	}
	return words
}

// selection writes out the flags that select.
func (t Target) selection() string {
	words := make([]string, len(t.Selection))
	for i, arg := range t.Selection {
		words[i] = Quote(Clean(arg))
	}
	return strings.Join(words, " ")
}

// mark follows the name of a state of simulated runs.
func (t Target) mark() string {
	if !t.Simulated {
		return ""
	}
	return "  (SIMULATED)"
}
