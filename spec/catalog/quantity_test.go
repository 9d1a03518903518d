package catalog

import (
	"strings"
	"testing"
)

// A model that is billed by the seconds of its audio does not heed a duration.
func TestADurationThatTheModelDoesNotHaveIsNotCounted(t *testing.T) {
	perSecond := []Price{{LowMicros: 80_000, HighMicros: 80_000, Per: "second"}}
	m, _ := Default().Lookup("infinitetalk")
	for _, got := range []Estimate{
		m.EstimateAt(perSecond, input(t, `{"duration": 0.1}`)), m.EstimateAt(perSecond, nil, "duration"),
		m.EstimateAt(perSecond, nil), m.EstimateUnknown(perSecond),
	} {
		if got.Known || !strings.Contains(got.Basis, "duration") {
			t.Errorf("%+v, want no price for want of a duration", got)
		}
	}
	unlisted, _ := Default().Lookup("seedream-4-0") // no parameter of which is known
	if got := unlisted.EstimateAt(perSecond, input(t, `{"duration": 2}`)); got.HighMicros != 160_000 {
		t.Errorf("a model without known parameters: %+v", got)
	}
}

// Where a mode takes no duration, its videos are as long as their source, which
// nobody has measured.
func TestDurationOfAnotherModeIsNotCounted(t *testing.T) {
	m, _ := Default().Lookup("happyHorse")
	price := []Price{{LowMicros: 80_000, HighMicros: 80_000, Per: "second"}}
	cases := []struct {
		input  string
		hidden []string
		high   int64 // 0: not known
	}{
		{`{"mode": "text-to-video", "duration": 3}`, nil, 240_000},
		{`{"mode": "video-edit", "duration": 3}`, nil, 0},
		{`{"mode": "Video-Edit", "duration": 3}`, nil, 0},
		{`{"mode": "video-edit"}`, []string{"duration"}, 0},
		{`{"duration": 3}`, []string{"mode"}, 0},
		{`{"duration": 3}`, nil, 0},
		{`{"mode": "edit", "duration": 3}`, nil, 0},
		{`{"mode": "text-to-video"}`, []string{"duration"}, 1_200_000},
	}
	for _, c := range cases {
		if got := m.EstimateAt(price, input(t, c.input), c.hidden...); got.HighMicros != c.high || got.Known != (c.high > 0) {
			t.Errorf("%s, hidden %v: %+v, want %d", c.input, c.hidden, got, c.high)
		}
	}
}
