package simulator

import (
	"math"
	"strings"
	"testing"
)

func TestParseFaults(t *testing.T) {
	const text = "429=2%, 500=1% ,504=1%,drop=0.5%,accepted504=1%,accepted500-envelope=1%,html=1%,cut=1%,garbage=1%,empty=1%," +
		"no-task-id=1%,drop-unaccepted=1%,fail=3%,failcodes=NSFW|Task TimeOut,status500=2%,status-html=1%,file-cut=1%,retry-after=4"
	f, err := ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	if f.String() != text {
		t.Errorf("text %q", f)
	}
	submit := f.chances[ofSubmit]
	if len(submit) != 12 || len(f.chances[ofStatus]) != 2 || len(f.chances[ofFile]) != 1 || len(f.failCodes) != 2 || math.Abs(f.fail-0.03) > 1e-12 {
		t.Errorf("%+v", f)
	}
	if submit[0].fault.retryAfter != "4" || submit[1].fault.retryAfter != "" {
		t.Errorf("retry-after of %+v", submit[:2])
	}
}

func TestFailuresAreOfBothKindsUnlessNamed(t *testing.T) {
	f, err := ParseFaults("fail=100%")
	if err != nil || len(f.failCodes) != len(usualFailures) {
		t.Fatalf("%v: %+v", err, f.failCodes)
	}
	config := instantly()
	config.Faults = f
	c := newClient(t, config)
	for i := range 60 {
		c.accepted(strings.Repeat("x", i+1))
	}
	seen := map[string]bool{}
	for _, a := range c.sim.Ledger() {
		seen[a.FailCode] = true
	}
	if len(seen) != len(usualFailures) {
		t.Errorf("drawn: %v", seen)
	}
}

func TestWrongFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"nonsense=1%":        "unknown; want one of",
		"200=1%":             "unknown",
		"status200=1%":       "unknown",
		"429":                "name=value",
		"429=2":              "percentage",
		"429=-1%":            "percentage",
		"429=101%":           "percentage",
		"429=NaN%":           "percentage",
		"429=1%,429=1%":      "twice",
		"429=60%,drop=60%":   "120%",
		"failcodes=NSFW":     "without fail",
		"fail=1%,failcodes":  "name=value",
		"failcodes=,fail=1%": "fail code",
		"retry-after=":       "seconds",
		"retry-after=\a":     "seconds",
		"storm=2":            "percentage",
	} {
		if _, err := ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", text, err, want)
		}
	}
	if f, err := ParseFaults(""); err != nil || len(f.chances) > 0 {
		t.Errorf("no faults: %v", err)
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("429=2%,500=1%,drop=0.5%,fail=3%,failcodes=NSFW|Timeout")
	f.Add("status500=2%,file-cut=1%,accepted504-envelope=1%,retry-after=3")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := ParseFaults(text)
		if err != nil {
			return
		}
		for _, chances := range faults.chances {
			sum := 0.0
			for _, c := range chances {
				sum += c.p
				if c.fault.shape == sound || !(c.p >= 0) {
					t.Errorf("%+v", c)
				}
			}
			if sum > 1.001 {
				t.Errorf("sum %v", sum)
			}
		}
		if faults.fail > 0 && len(faults.failCodes) == 0 {
			t.Error("failures without a code")
		}
	})
}
