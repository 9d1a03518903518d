package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryModelOfTheAPIDocumentIsKnown(t *testing.T) {
	const documented = `nano-banana nano-banana-2 nano-banana-pro gpt-image-1 gpt-image-2 flux-2
		flux-kontext midjourney seedream-4-5 seedream-5-0 grok-image minimax-image-01 wan-2-6-image
		wan-2-7-image image-upscaler seedream-4-0 seedream-5-0-pro qwen-image qwen-2-image
		wan-2-5-image runway-gen4-image runway-gen4-image-turbo sora-2 sora-2-pro veo-3-1 kling-2-1
		kling-2-5-turbo-pro kling-2-6 kling-3-0-std kling-3-0-turbo seedance-1-5-pro
		seedance-1-5-pro-extend seedance-2-0 seedance-2-0-fast hailuo-2-3 wan-2-5 wan-2-5-video
		wan-2-6-video wan-2-7-video ltx-2-19b vidu-q3 grok-video happyHorse infinitetalk suno
		minimax-speech-2-8 minimax-voice`
	want := strings.Fields(documented)
	var got []string
	for _, m := range Default().Models() {
		got = append(got, m.ID)
	}
	if len(want) != 47 || !slices.Equal(got, want) {
		t.Errorf("models are %q, want the %d of the document", got, len(want))
	}
}

func TestEveryModelIsWellFormed(t *testing.T) {
	names := map[string]string{}
	for _, m := range Default().Models() {
		t.Run(m.ID, func(t *testing.T) {
			if m.Title == "" || len(m.Sources) == 0 || m.Read == "" {
				t.Error("a model needs a title, a source and the month of reading")
			}
			if m.Kind != Image && m.Kind != Video && m.Kind != Audio {
				t.Errorf("kind %q is not known", m.Kind)
			}
			if m.TypicalMin > m.TypicalMax {
				t.Errorf("typical time %v to %v", m.TypicalMin, m.TypicalMax)
			}
			for _, name := range append([]string{m.ID}, m.Aliases...) {
				folded := strings.ToLower(name)
				if other, taken := names[folded]; taken {
					t.Errorf("name %q is also one of %s", name, other)
				}
				names[folded] = m.ID
			}
			checkPrices(t, m)
			for _, code := range m.FailCodes {
				if _, ok := Default().FailCode(code); !ok {
					t.Errorf("fail code %q is not in the table", code)
				}
			}
		})
	}
}

func checkPrices(t *testing.T, m *Model) {
	t.Helper()
	for _, p := range m.Prices {
		if p.LowMicros <= 0 || p.HighMicros < p.LowMicros || p.Source == "" {
			t.Errorf("price %+v needs 0 < low <= high and a source", p)
		}
		if !slices.Contains(PerUnits[:], p.Per) {
			t.Errorf("price is per %q", p.Per)
		}
		for name := range p.When {
			if !slices.ContainsFunc(m.Params, func(q Param) bool { return q.Name == name }) {
				t.Errorf("price depends on %q, which is no parameter", name)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	cases := map[string]string{
		"nano-banana":   "nano-banana",
		"happyHorse":    "happyHorse",
		"happyhorse":    "happyHorse", // the slug of the page
		"NANO-BANANA":   "nano-banana",
		"flux2":         "flux-2",
		"sora2":         "sora-2",
		"wan-2-6":       "wan-2-6-video",
		"wan-2-7":       "wan-2-7-video",
		"ImageUpscaler": "image-upscaler",
		"imageupscaler": "image-upscaler",
		"wan-2-5":       "wan-2-5", // an ID of its own, not an alias of wan-2-5-video
		"nano banana":   "",
		"":              "",
	}
	for name, want := range cases {
		m, ok := Default().Lookup(name)
		if ok != (want != "") || ok && m.ID != want {
			t.Errorf("Lookup(%q) = %v, %v, want %q", name, m, ok, want)
		}
	}
}

func TestLookupPrefersTheExactSpelling(t *testing.T) {
	c := newCatalog([]*Model{{ID: "a"}, {ID: "A"}, {ID: "b", Aliases: []string{"B2"}}}, nil, nil, nil)
	for _, id := range []string{"a", "A"} {
		if m, ok := c.Lookup(id); !ok || m.ID != id {
			t.Errorf("Lookup(%q) = %v, %v", id, m, ok)
		}
	}
	if m, ok := c.Lookup("b2"); !ok || m.ID != "b" {
		t.Errorf("Lookup(b2) = %v, %v", m, ok)
	}
}

func TestSuggest(t *testing.T) {
	cases := map[string]string{
		"nanobanana":             "nano-banana",
		"Nano Banana Pro":        "nano-banana-pro",
		"nano-bananna":           "nano-banana",
		"veo-3.1":                "veo-3-1",
		"veo3":                   "veo-3-1",
		"kling-2-7":              "kling-2-6",
		"sora":                   "sora-2",
		"dall-e-3":               "",
		"xy":                     "",
		"":                       "",
		strings.Repeat("a", 1e6): "",
	}
	for id, want := range cases {
		if got := Default().Suggest(id); got != want {
			t.Errorf("Suggest(%.20q) = %q, want %q", id, got, want)
		}
	}
}

func TestModelsAreNotTheCatalogsOwnSlice(t *testing.T) {
	c := Default()
	c.Models()[0] = nil
	c.Codes()[0].Code = "spoilt"
	if c.Models()[0] == nil || c.Codes()[0].Code == "spoilt" {
		t.Error("a caller can change the catalog")
	}
}
