package catalog

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestEstimateByTheCatalog(t *testing.T) {
	cases := []struct {
		name, model, input string
		low, high          int64 // 0, 0: not known
	}{
		{"flat price per image", "nano-banana", `{"prompt": "x"}`, 30_000, 30_000},
		{"sources that differ by ten", "gpt-image-1", `{}`, 350_000, 350_000},
		{"several images", "gpt-image-1", `{"num_images": 4}`, 1_400_000, 1_400_000},
		{"several images, as text", "gpt-image-1", `{"num_images": "4"}`, 1_400_000, 1_400_000},
		{"several images, old name", "gpt-image-1", `{"nVariants": 2}`, 700_000, 700_000},
		{"range", "flux-2", `{}`, 50_000, 130_000},
		{"row by mode", "flux-kontext", `{"mode": "max"}`, 60_000, 60_000},
		{"row by mode, other case", "flux-kontext", `{"mode": "PRO"}`, 30_000, 30_000},
		{"row by mode, mode missing", "flux-kontext", `{}`, 0, 0},
		{"row by mode, null is missing", "flux-kontext", `{"mode": null}`, 0, 0},
		{"row by the default of mode", "veo-3-1", `{}`, 1_500_000, 1_500_000},
		{"null counts with the default", "veo-3-1", `{"mode": null}`, 1_500_000, 1_500_000},
		{"row by mode against the default", "veo-3-1", `{"mode": "fast"}`, 200_000, 200_000},
		{"price of one resolution only", "gpt-image-2", `{"resolution": "1K"}`, 20_000, 20_000},
		{"resolution without a price", "gpt-image-2", `{"resolution": "4k"}`, 0, 0},
		{"per task, not per image", "midjourney", `{"speed": "turbo"}`, 200_000, 200_000},
		{"default of recent pages", "midjourney", `{}`, 100_000, 100_000},
		{"older name of duration", "sora-2", `{"n_frames": "10"}`, 500_000, 500_000},
		{"old price that is billed otherwise now", "midjourney", `{"speed": "relaxed"}`, 100_000, 100_000},
		{"speed without a price", "midjourney", `{"speed": "draft"}`, 0, 0},
		{"upper bound of images", "seedream-4-5", `{"max_images": 5}`, 40_000, 200_000},
		{"durations of today", "sora-2", `{"duration": 8}`, 750_000, 750_000},
		{"old duration has a row", "sora-2", `{"duration": 10}`, 500_000, 500_000},
		{"old duration as text", "sora-2", `{"duration": "15"}`, 750_000, 750_000},
		{"per second", "wan-2-5", `{"resolution": "1080p", "duration": 10}`, 1_300_000, 1_300_000},
		{"per second with both defaults", "wan-2-5", `{}`, 400_000, 400_000},
		{"per second, a duration that no page has", "wan-2-5", `{"duration": 1}`, 80_000, 800_000},
		{"per second, a fraction that no page has", "wan-2-5", `{"duration": 5.1}`, 400_000, 800_000},
		{"per second, more than any page has", "wan-2-5", `{"duration": 30}`, 400_000, 2_400_000},
		{"per second, hexadecimal", "wan-2-5", `{"duration": "0x1p-2"}`, 0, 0},
		{"per second, with underscores", "wan-2-5", `{"duration": "0x_5"}`, 0, 0},
		{"resolution that no page has", "wan-2-5", `{"resolution": "1080", "duration": 5}`, 400_000, 650_000},
		{"resolution as a number", "wan-2-5", `{"resolution": 1080, "duration": 5}`, 400_000, 650_000},
		{"resolution above those that have a price", "wan-2-5", `{"resolution": "2160p", "duration": 5}`, 0, 0},
		{"resolution with a space", "wan-2-5", `{"resolution": "1080 p", "duration": 5}`, 400_000, 650_000},
		{"mode that no page has", "flux-kontext", `{"mode": "ultra"}`, 0, 0},
		{"mode with a space", "flux-kontext", `{"mode": " max "}`, 30_000, 60_000},
		{"mode above those that have a price", "veo-3-1", `{"mode": "ultra-4k"}`, 0, 0},
		{"mode that is no text", "veo-3-1", `{"mode": ["fast"]}`, 0, 0},
		{"duration above those that have a price", "sora-2", `{"duration": 25}`, 0, 0},
		{"duration above, by its old name", "sora-2", `{"n_frames": "25"}`, 0, 0},
		{"duration as text", "sora-2", `{"duration": " 8 "}`, 500_000, 750_000},
		{"duration with a minus", "sora-2", `{"duration": "-8"}`, 0, 0},
		{"duration with its unit", "sora-2", `{"duration": "12s"}`, 500_000, 750_000},
		{"speed that no page has", "midjourney", `{"speed": "ultra"}`, 0, 0},
		{"images by both names", "gpt-image-1", `{"num_images": 1, "nVariants": 4}`, 350_000, 1_400_000},
		{"images by both names, the older one less", "gpt-image-1", `{"num_images": 4, "nVariants": 1}`, 350_000, 1_400_000},
		{"images by both names, one of them no number", "gpt-image-1", `{"num_images": 4, "nVariants": "x"}`, 0, 0},
		{"a number of images that no page has", "gpt-image-1", `{"num_images": 3}`, 350_000, 1_400_000},
		{"a number of images that no page bounds", "nano-banana", `{"num_images": 12}`, 360_000, 360_000},
		{"duration by both names", "sora-2", `{"duration": 10, "n_frames": "15"}`, 500_000, 750_000},
		{"per second, not a number", "wan-2-5", `{"duration": "long"}`, 0, 0},
		{"per second, nothing", "wan-2-5", `{"duration": 0}`, 0, 0},
		{"per second, endless", "wan-2-5", `{"duration": 1e308}`, 0, 0},
		{"per second, exponent bomb", "wan-2-5", `{"duration": 1e999999999}`, 0, 0},
		{"per second, object", "wan-2-5", `{"duration": {}}`, 0, 0},
		{"half an image", "nano-banana", `{"num_images": 0.5}`, 0, 0},
		{"a minus", "nano-banana", `{"num_images": -1}`, 0, 0},
		{"per task of audio", "suno", `{}`, 120_000, 120_000},
		{"no price at all", "kling-2-6", `{"duration": 5}`, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, _ := Default().Lookup(c.model)
			got := m.Estimate(input(t, c.input))
			if got.LowMicros != c.low || got.HighMicros != c.high || got.Known != (c.high != 0) {
				t.Errorf("%s %s: %+v, want %d to %d", c.model, c.input, got, c.low, c.high)
			}
			if got.Basis == "" {
				t.Error("no basis is given")
			}
		})
	}
}

func TestEstimateByAUsersPrice(t *testing.T) {
	kling, _ := Default().Lookup("kling-2-1") // duration has the default 5
	suno, _ := Default().Lookup("suno")
	price := func(per string) []Price { return []Price{{LowMicros: 80_000, HighMicros: 80_000, Per: per}} }
	cases := []struct {
		name  string
		got   Estimate
		high  int64
		basis string // a part of it
	}{
		{"per task", (*Model)(nil).EstimateAt(price("task"), input(t, `{"num_images": 3}`)), 80_000, "per task"},
		{"per video", (*Model)(nil).EstimateAt(price("video"), input(t, `{"duration": 3}`)), 80_000, "per video"},
		{"per image", (*Model)(nil).EstimateAt(price("image"), input(t, `{"num_images": 3}`)), 240_000, "3 images"},
		{"per song", suno.EstimateAt(price("song"), nil), 160_000, "2 songs"},
		{"per song, of how many nobody knows", (*Model)(nil).EstimateAt(price("song"), nil), 0, "how many songs"},
		{"per second", (*Model)(nil).EstimateAt(price("second"), input(t, `{"duration": "3"}`)), 240_000, "3 seconds"},
		{"per second, unknown", (*Model)(nil).EstimateAt(price("second"), nil), 0, "no duration"},
		{"per second, model's default", kling.EstimateAt(price("second"), nil), 400_000, "5 seconds"},
		{"per fortnight", (*Model)(nil).EstimateAt(price("fortnight"), nil), 0, `"fortnight"`},
		{"free is a price", (*Model)(nil).EstimateAt([]Price{{Per: "task"}}, nil), 0, "per task"},
		{"no rows", (*Model)(nil).EstimateAt(nil, nil), 0, "no price"},
		{"negative", (*Model)(nil).EstimateAt([]Price{{LowMicros: -1, Per: "task"}}, nil), 0, "out of range"},
		{"upside down", (*Model)(nil).EstimateAt([]Price{{LowMicros: 2, HighMicros: 1, Per: "task"}}, nil), 0, "out of range"},
		{"beyond all money", (*Model)(nil).EstimateAt([]Price{{HighMicros: math.MaxInt64, Per: "task"}}, nil), 0, "out of range"},
	}
	for _, c := range cases {
		known := c.high != 0 || c.name == "free is a price"
		if c.got.HighMicros != c.high || c.got.Known != known || !strings.Contains(c.got.Basis, c.basis) {
			t.Errorf("%s: %+v, want %d and %q", c.name, c.got, c.high, c.basis)
		}
	}
}

func TestEstimateRoundsTheHighEndUp(t *testing.T) {
	got := (*Model)(nil).EstimateAt([]Price{{LowMicros: 1, HighMicros: 1, Per: "second"}}, input(t, `{"duration": 1.5}`))
	if got.LowMicros != 1 || got.HighMicros != 2 {
		t.Errorf("one and a half millionths of a dollar: %+v", got)
	}
}

func TestValuesThatAreNotKnownYetWidenTheEstimate(t *testing.T) {
	cases := []struct {
		name, model, input string
		hidden             []string
		low, high          int64 // 0, 0: not known
	}{
		{"either mode", "flux-kontext", `{}`, []string{"mode"}, 30_000, 60_000},
		{"either mode, although one is the default", "veo-3-1", `{}`, []string{"mode"}, 200_000, 1_500_000},
		{"either resolution", "wan-2-5", `{"duration": 5}`, []string{"resolution"}, 400_000, 650_000},
		{"any duration", "wan-2-5", `{"resolution": "720p"}`, []string{"duration"}, 400_000, 800_000},
		{"both", "wan-2-5", `{}`, []string{"duration", "resolution"}, 400_000, 1_300_000},
		{"any number of images", "gpt-image-1", `{}`, []string{"num_images"}, 350_000, 1_400_000},
		{"any number, by its old name", "gpt-image-1", `{}`, []string{"nVariants"}, 350_000, 1_400_000},
		{"up to the bound of a bound", "seedream-4-5", `{}`, []string{"max_images"}, 40_000, 400_000},
		{"a resolution that may have no price", "gpt-image-2", `{}`, []string{"resolution"}, 0, 0},
		{"a speed that may have no price", "midjourney", `{}`, []string{"speed"}, 0, 0},
		{"any duration, priced or not", "sora-2", `{}`, []string{"duration"}, 500_000, 750_000},
		{"what the price does not depend on", "nano-banana", `{}`, []string{"prompt", "image_urls"}, 30_000, 30_000},
	}
	for _, c := range cases {
		m, _ := Default().Lookup(c.model)
		got := m.Estimate(input(t, c.input), c.hidden...)
		if got.LowMicros != c.low || got.HighMicros != c.high || got.Known != (c.high != 0) || got.Basis == "" {
			t.Errorf("%s: %+v, want %d to %d", c.name, got, c.low, c.high)
		}
	}
	unbounded := (*Model)(nil).EstimateAt([]Price{{LowMicros: 1, HighMicros: 1, Per: "second"}}, nil, "duration")
	if unbounded.Known {
		t.Errorf("a duration without bounds gives %+v", unbounded)
	}
}

// Every figure that the documents have, by hand.
func TestEveryDocumentedPrice(t *testing.T) {
	cases := map[string][]struct {
		input     string
		low, high int64
	}{
		"nano-banana":     {{`{}`, 30_000, 30_000}},
		"nano-banana-pro": {{`{"resolution": "4K"}`, 130_000, 130_000}},
		"gpt-image-1":     {{`{"num_images": 1}`, 350_000, 350_000}, {`{"num_images": 2}`, 700_000, 700_000}},
		"gpt-image-2":     {{`{}`, 20_000, 20_000}, {`{"resolution": "2k"}`, 0, 0}},
		"flux-2":          {{`{"mode": "flex-text-to-image"}`, 50_000, 130_000}},
		"flux-kontext":    {{`{"mode": "pro"}`, 30_000, 30_000}, {`{"mode": "max"}`, 60_000, 60_000}},
		"midjourney":      {{`{"speed": "relaxed"}`, 100_000, 100_000}, {`{"speed": "fast"}`, 100_000, 100_000}, {`{"speed": "turbo"}`, 200_000, 200_000}},
		"seedream-4-5":    {{`{"max_images": 1}`, 40_000, 40_000}, {`{"max_images": 10}`, 40_000, 400_000}},
		"sora-2":          {{`{"duration": 10}`, 500_000, 500_000}, {`{"duration": 15}`, 750_000, 750_000}, {`{"duration": 4}`, 750_000, 750_000}},
		"veo-3-1":         {{`{"mode": "fast"}`, 200_000, 200_000}, {`{"mode": "quality"}`, 1_500_000, 1_500_000}},
		"wan-2-5": {
			{`{"resolution": "720p", "duration": 5}`, 400_000, 400_000}, {`{"resolution": "720p", "duration": 10}`, 800_000, 800_000},
			{`{"resolution": "1080p", "duration": 5}`, 650_000, 650_000}, {`{"resolution": "1080p", "duration": 10}`, 1_300_000, 1_300_000},
		},
		"suno": {{`{"mode": "V5"}`, 120_000, 120_000}},
	}
	for _, m := range Default().Models() {
		rows, priced := cases[m.ID]
		if !priced && m.Estimate(input(t, `{"duration": 5}`)).Known {
			t.Errorf("%s has a price that no document has", m.ID)
		}
		for _, c := range rows {
			got := m.Estimate(input(t, c.input))
			if got.LowMicros != c.low || got.HighMicros != c.high || got.Known != (c.high > 0) {
				t.Errorf("%s %s: %+v, want %d to %d", m.ID, c.input, got, c.low, c.high)
			}
		}
	}
}

// API document, section 11, row 15.
func TestContradiction15PricesThatDifferGiveTheHigherFigureAndSaySo(t *testing.T) {
	for id, text := range map[string]string{"gpt-image-1": "$0.035", "sora-2": "$0.10-$0.15", "midjourney": "$0.04"} {
		m, _ := Default().Lookup(id)
		got := m.Estimate(input(t, `{"speed": "relaxed", "duration": 10}`))
		if !got.Known || got.LowMicros != got.HighMicros || !strings.Contains(got.Contradicts, text) {
			t.Errorf("%s: %+v, want the higher figure and a word of %s", id, got, text)
		}
	}
	m, _ := Default().Lookup("nano-banana")
	if got := m.Estimate(nil); got.Contradicts != "" {
		t.Errorf("nobody contradicts %+v", got)
	}
}

func TestTheRowWithMostConditionsCounts(t *testing.T) {
	rows := []Price{
		{LowMicros: 9, HighMicros: 9, Per: "task"},
		{LowMicros: 3, HighMicros: 3, Per: "task", When: map[string]any{"mode": "fast"}},
		{LowMicros: 4, HighMicros: 4, Per: "task", When: map[string]any{"size": "big"}},
		{LowMicros: 1, HighMicros: 1, Per: "task", When: map[string]any{"mode": "fast", "size": "small"}},
	}
	for text, want := range map[string]int64{
		`{}`: 9, `{"mode": "fast"}`: 3, `{"mode": "fast", "size": "big"}`: 4, `{"mode": "fast", "size": "small"}`: 1, `{"mode": "slow"}`: 9,
	} {
		if got := (*Model)(nil).EstimateAt(rows, input(t, text)); got.HighMicros != want || got.LowMicros != want {
			t.Errorf("%s costs %+v, want %d", text, got, want)
		}
	}
}

func TestPricesWithConditions(t *testing.T) {
	row := Price{LowMicros: 5, HighMicros: 5, Per: "task", When: map[string]any{"sound": true, "n": 10.0}}
	cases := map[string]bool{
		`{"sound": true, "n": 10}`:    true,
		`{"sound": true, "n": 10.0}`:  true,
		`{"sound": false, "n": 10}`:   false,
		`{"sound": "true", "n": 10}`:  false,
		`{"sound": true}`:             false,
		`{"sound": true, "n": "x"}`:   false,
		`{"sound": true, "n": [10]}`:  false,
		`{"sound": {"a":1}, "n": 10}`: false,
	}
	for text, want := range cases {
		if got := (*Model)(nil).EstimateAt([]Price{row}, input(t, text)).Known; got != want {
			t.Errorf("input %s matches: %v, want %v", text, got, want)
		}
	}
}

// Rows may have several conditions, in no order; what is known of one of them is enough.
func TestAnEstimateIsTheSameEachTime(t *testing.T) {
	c, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "video",
  "params": [{"name": "size", "type": "string", "enum": ["small", "big"]}, {"name": "speed", "type": "string", "enum": ["slow", "fast"]}],
  "prices": [{"usd": 0.5, "per": "task", "when": {"speed": "fast", "size": "big"}},
    {"usd": 0.1, "per": "task", "when": {"size": "small"}}, {"usd": 0.2, "per": "task", "when": {"size": "big"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Lookup("mine")
	for range 100 {
		if got := m.Estimate(nil); !got.Known || got.LowMicros != 100_000 || got.HighMicros != 500_000 {
			t.Fatalf("%+v, want 100000 to 500000", got)
		}
	}
}

func TestAnInputOfWhichNothingIsKnownMayBeAnything(t *testing.T) {
	for id, want := range map[string][2]int64{ // 0, 0: not known
		"wan-2-5": {400_000, 1_300_000}, "gpt-image-1": {350_000, 1_400_000}, "seedream-4-5": {40_000, 400_000},
		"veo-3-1": {200_000, 1_500_000}, "flux-kontext": {30_000, 60_000}, "sora-2": {500_000, 750_000}, "nano-banana": {30_000, 30_000},
		"gpt-image-2": {}, "midjourney": {}, "kling-2-6": {}, "suno": {120_000, 120_000},
	} {
		m, _ := Default().Lookup(id)
		if got := m.EstimateUnknown(m.Prices); got.LowMicros != want[0] || got.HighMicros != want[1] || got.Known != (want[1] > 0) || got.Basis == "" {
			t.Errorf("%s: %+v, want %v", id, got, want)
		}
	}
	for _, per := range []string{"image", "second"} {
		if got := (*Model)(nil).EstimateUnknown([]Price{{LowMicros: 1, HighMicros: 1, Per: per}}); got.Known {
			t.Errorf("a price per %s of a model without parameters gives %+v", per, got)
		}
	}
	happyHorse, _ := Default().Lookup("happyHorse")
	if got := happyHorse.EstimateUnknown([]Price{{LowMicros: 1, HighMicros: 1, Per: "second"}}); got.Known {
		t.Errorf("a video that may be as long as its source gives %+v", got)
	}
}

func FuzzEstimate(f *testing.F) {
	f.Add("wan-2-5", "duration", `5`)
	f.Add("seedream-4-5", "max_images", `1e3`)
	f.Add("gpt-image-1", "num_images", `"4"`)
	f.Add("midjourney", "speed", `["fast"]`)
	f.Add("sora-2", "duration", `-0`)
	f.Fuzz(func(t *testing.T, id, name, value string) {
		m, ok := Default().Lookup(id)
		if !ok {
			return
		}
		e := m.Estimate(map[string]json.RawMessage{name: json.RawMessage(value)})
		if e.LowMicros < 0 || e.HighMicros < e.LowMicros || !e.Known && e.HighMicros != 0 {
			t.Errorf("%s with %s = %s: %+v", id, name, value, e)
		}
	})
}

func input(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}
