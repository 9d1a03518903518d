package main

import (
	"strings"
	"testing"

	"apixo-batch/runner"
)

func TestHaltGrammar(t *testing.T) {
	for text, want := range map[string]runner.Halt{
		"never":          {},
		"soon,fail=1":    {Failed: 1},
		"soon,fail=3%":   {Percent: 3},
		"soon,fail=100%": {Percent: 100},
		"now,fail=500":   {Failed: 500, Now: true},
		"now,fail=50%":   {Percent: 50, Now: true},
	} {
		if got, err := parseHalt(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                       "want never, soon,fail=N or now,fail=N",
		"always":                 "want never",
		"soon":                   "want never",
		"never,fail=1":           "want never",
		"later,fail=1":           "want never",
		"Soon,fail=1":            "want never",
		"soon,success=1":         "want never",
		"soon, fail=1":           "want never",
		"soon,fail=":             `"" is not a number of failed tasks`,
		"soon,fail=0":            `"0" is not a number of failed tasks, which is 1 or more`,
		"soon,fail=0%":           `"0%" is not a number`,
		"soon,fail=-1":           `"-1" is not a number`,
		"soon,fail=1.5":          `"1.5" is not a number`,
		"now,fail=101%":          "101% is more than 100%",
		"now,fail=3%%":           `"3%%" is not a number`,
		"now,fail=9999999999":    `"9999999999" is not a number`,
		"now,fail=1,soon,fail=2": `"1,soon,fail=2" is not a number`,
		"now,fail=\x1b[2J":       `is not a number`,
	} {
		if _, err := parseHalt(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q in it", text, err, want)
		}
	}
}

func FuzzParseHalt(f *testing.F) {
	for _, seed := range []string{"never", "soon,fail=3", "now,fail=10%", "soon,fail=,", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		halt, err := parseHalt(text)
		if err != nil {
			return
		}
		if halt.Equal != 0 || halt.Failed < 0 || halt.Percent < 0 || halt.Percent > 100 || halt.Failed > 0 && halt.Percent > 0 {
			t.Errorf("%q is read as %+v", text, halt)
		}
		if text != "never" && halt.Failed == 0 && halt.Percent == 0 {
			t.Errorf("%q never halts", text)
		}
	})
}
