package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
)

func TestWhereTheStateLies(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"alone", "shared", "simulated", "single", "rehearsed", "foreign", "same"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{
		"shared/apixo.state.journal", "simulated/apixo.simulated.state.json",
		"single/jobs.hcl", "single/jobs.state.journal", "single/other.hcl",
		"rehearsed/jobs.hcl.json", "rehearsed/jobs.simulated.state.json",
		"foreign/jobs.state.json", "foreign/x.vars.hcl", "foreign/x.vars.state.json", "foreign/.y.hcl", "foreign/.y.state.json",
		"same/apixo.hcl", "same/apixo.state.json",
	} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		target     view.Target
		want, fail string
	}{
		{view.Target{Path: "alone/jobs.hcl"}, "alone/jobs.state.json", ""},
		{view.Target{Path: "alone/jobs.hcl.json"}, "alone/jobs.state.json", ""},
		{view.Target{Path: "alone/jobs.hcl", Simulated: true}, "alone/jobs.simulated.state.json", ""},
		{view.Target{Path: "."}, "apixo.state.json", ""},
		{view.Target{Path: "alone"}, "alone/apixo.state.json", ""},
		{view.Target{Path: "alone", Simulated: true}, "alone/apixo.simulated.state.json", ""},
		{view.Target{Path: "alone", State: "x.json", Simulated: true}, "x.json", ""},
		{view.Target{Path: "single"}, "", "pass single/jobs.hcl"},
		{view.Target{Path: "single"}, "", "-state=single/jobs.state.json"},
		{view.Target{Path: "single", State: "single/jobs.state.json"}, "single/jobs.state.json", ""},
		{view.Target{Path: "single", Simulated: true}, "single/apixo.simulated.state.json", ""},
		{view.Target{Path: "single/jobs.hcl"}, "single/jobs.state.json", ""},
		{view.Target{Path: "single/other.hcl"}, "single/other.state.json", ""},
		{view.Target{Path: "rehearsed"}, "rehearsed/apixo.state.json", ""},
		{view.Target{Path: "rehearsed", Simulated: true}, "", "pass rehearsed/jobs.hcl.json"},
		{view.Target{Path: "foreign"}, "foreign/apixo.state.json", ""},
		{view.Target{Path: "same"}, "same/apixo.state.json", ""},
		{view.Target{Path: "same/apixo.hcl"}, "same/apixo.state.json", ""},
		{view.Target{Path: "shared/jobs.hcl"}, "", "pass shared"},
		{view.Target{Path: "shared/jobs.hcl", Simulated: true}, "shared/jobs.simulated.state.json", ""},
		{view.Target{Path: "simulated/jobs.hcl", Simulated: true}, "", "pass simulated"},
		{view.Target{Path: "shared/jobs.hcl", State: "x.json"}, "x.json", ""},
		{view.Target{Path: "-"}, "", "pass -state=PATH"},
		{view.Target{Path: "-", State: "x.json"}, "x.json", ""},
	} {
		got, err := statePath(test.target)
		if test.fail != "" {
			if err == nil || !strings.Contains(err.Error(), test.fail) {
				t.Errorf("%+v: error %v, want %q", test.target, err, test.fail)
			}
			continue
		}
		if err != nil || filepath.ToSlash(got) != test.want {
			t.Errorf("%+v: %q, %v; want %q", test.target, got, err, test.want)
		}
	}
}

func TestResultsMayComeFromTheAPIsOwnLoopbackAddressOnly(t *testing.T) {
	for base, want := range map[string]string{
		"http://127.0.0.1:8080":        "127.0.0.1:8080",
		"http://127.0.0.1:8080/api/v1": "127.0.0.1:8080",
		"http://localhost:8080":        "127.0.0.1:8080",
		"http://[::1]:8080":            "[::1]:8080",
		"https://api.apixo.ai":         "",
		"https://10.0.0.5:443":         "",
	} {
		if got := loopback(base); got != want {
			t.Errorf("loopback(%s) = %q, want %q", base, got, want)
		}
	}
}

func TestAMaskTellsNothingAndIsTheSameInOneState(t *testing.T) {
	one, again, other := maskWith("aa11"), maskWith("aa11"), maskWith("bb22")
	masked := one("word")
	if again("word") != masked {
		t.Error("the same value has two masks in one state")
	}
	if one("Word") == masked || other("word") == masked || strings.Contains(masked, "word") {
		t.Errorf("the mask %s tells too much", masked)
	}
}
