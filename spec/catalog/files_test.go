package catalog

import (
	"strings"
	"testing"
)

// Some models make several files unasked (API document, section 4), and each is
// billed by a price per image.
func TestFilesThatNobodyAskedForAreCounted(t *testing.T) {
	cases := []struct {
		model, input string
		hidden       []string
		low, high    int64 // in images
	}{
		{"midjourney", `{"mode": "text-to-image"}`, nil, 4, 4},
		{"midjourney", `{}`, nil, 4, 4},
		{"midjourney", `{"mode": "Reroll"}`, nil, 4, 4},
		{"midjourney", `{"mode": "upscale"}`, nil, 1, 1},
		{"midjourney", `{"mode": "enhance"}`, nil, 1, 1},
		{"midjourney", `{"mode": "image to image "}`, nil, 1, 4},
		{"midjourney", `{}`, []string{"mode"}, 1, 4},
		{"midjourney", `{"num_images": 2}`, nil, 2, 4}, // which it may not heed
		{"midjourney", `{"n": 6}`, nil, 6, 6},
		{"grok-image", `{"mode": "text-to-image"}`, nil, 1, 6},
		{"suno", `{"mode": "V5"}`, nil, 2, 2},
		{"suno", `{"mode": "V9"}`, nil, 2, 2}, // which no mode is an exception to
		{"nano-banana", `{}`, nil, 1, 1},
		{"nano-banana", `{"num_images": 3}`, nil, 3, 3},
		{"gpt-image-1", `{}`, nil, 1, 1},
		{"minimax-image-01", `{}`, nil, 1, 9}, // no page says how many without
		{"minimax-image-01", `{"num_images": 2}`, nil, 2, 2},
		{"minimax-image-01", `{}`, []string{"num_images"}, 1, 9},
	}
	perImage := []Price{{LowMicros: 10, HighMicros: 10, Per: "image"}}
	for _, c := range cases {
		m, _ := Default().Lookup(c.model)
		got := m.EstimateAt(perImage, input(t, c.input), c.hidden...)
		if !got.Known || got.LowMicros != 10*c.low || got.HighMicros != 10*c.high {
			t.Errorf("%s %s, hidden %v: %+v, want %d to %d images", c.model, c.input, c.hidden, got, c.low, c.high)
		}
	}
	for id, want := range map[string]int64{"midjourney": 4, "grok-image": 6} {
		m, _ := Default().Lookup(id)
		if got := m.EstimateUnknown(perImage); got.LowMicros != 10 || got.HighMicros != 10*want {
			t.Errorf("%s, whatever its input is: %+v, want up to %d images", id, got, want)
		}
	}
}

func TestAModeOfWhichNobodyKnowsTheFilesHasNoPrice(t *testing.T) {
	m, _ := Default().Lookup("midjourney")
	got := m.EstimateAt([]Price{{LowMicros: 1, HighMicros: 1, Per: "image"}}, input(t, `{"mode": "film"}`))
	if want := `nobody knows how many files a task makes with mode = "film": the catalog lists text-to-image`; got.Known || !strings.HasPrefix(got.Basis, want) {
		t.Errorf("%+v, want %q", got, want)
	}
}

func TestAnUndocumentedNumberWithoutBoundsHasNoPrice(t *testing.T) {
	c, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "image", "params": [{"name": "num_images", "type": "integer", "min": 1}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Lookup("mine")
	if got := m.EstimateAt([]Price{{LowMicros: 1, HighMicros: 1, Per: "image"}}, nil); got.Known {
		t.Errorf("any number of images costs %+v", got)
	}
}

func TestVideosThatNobodyAskedForAreCounted(t *testing.T) {
	c, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "video", "results": [{"files": 1, "files_max": 3}],
  "prices": [{"usd": 2, "per": "video"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Lookup("mine")
	if got := m.Estimate(nil); got.LowMicros != 2e6 || got.HighMicros != 6e6 || got.Basis != "per video, up to 3 videos" {
		t.Errorf("one to three videos cost %+v", got)
	}
}

func TestTheFilesThatAnInputAsksFor(t *testing.T) {
	for text, want := range map[string]struct {
		name  string
		files int
	}{
		`{}`: {}, `{"num_images": 3}`: {"num_images", 3}, `{"n": "4"}`: {"n", 4}, `{"max_images": 2}`: {"max_images", 2},
		`{"num_images": 1, "nVariants": 4}`: {"nVariants", 4}, `{"num_images": null}`: {}, `{"num_images": [4]}`: {},
		`{"n": 0}`: {}, `{"n": -2}`: {}, `{"n": 1.5}`: {}, `{"n": 1e300}`: {}, `{"n": "inf"}`: {},
	} {
		if name, files := Asked(input(t, text)); name != want.name || files != want.files {
			t.Errorf("%s asks for %d by %q, want %+v", text, files, name, want)
		}
	}
}

func TestTheUnitOfAModel(t *testing.T) {
	for id, want := range map[string]string{
		"gpt-image-1": "image", "wan-2-5": "second", "midjourney": "task", "veo-3-1": "video", "suno": "task",
		"minimax-image-01": "image", "vidu-q3": "second", "infinitetalk": "video", "minimax-voice": "task",
	} {
		if m, _ := Default().Lookup(id); m.Unit() != want {
			t.Errorf("%s is billed per %s, want %s", id, m.Unit(), want)
		}
	}
	if got := (*Model)(nil).Unit(); got != "task" {
		t.Errorf("a model that nobody knows is billed per %s", got)
	}
}
