package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const banana = `"mode": "text-to-image", "prompt": "x", "aspect_ratio": "1:1"`
	long := strings.Repeat("ä", 5001)
	cases := []struct {
		name, model, input string
		want               string // the summaries, and parts of the details
	}{
		{"all is well", "nano-banana", `{` + banana + `}`, ""},
		{"nothing is there", "nano-banana", `{}`, "Missing parameters: mode, prompt, aspect_ratio"},
		{"needed in its mode only", "nano-banana", `{"mode": "image-to-image", "prompt": "x", "aspect_ratio": "1:1"}`, "Missing parameters: image_urls"},
		{"not for the mode", "nano-banana", `{` + banana + `, "image_urls": ["https://a/b"]}`, "Parameter for another case: image_urls; image_urls in image-to-image only"},
		{"mistyped name", "nano-banana", `{` + banana + `, "aspect_ration": "1:1"}`, `Unknown parameter: aspect_ration; Did you mean "aspect_ratio"`},
		{"mistyped value", "nano-banana", `{"mode": "text-to-imag", "prompt": "x", "aspect_ratio": "1:1"}`, `Value not in the list: mode; Did you mean "text-to-image"?`},
		{"runes count, not bytes", "nano-banana", `{"mode": "text-to-image", "aspect_ratio": "1:1", "prompt": "` + long[:10000] + `"}`, ""},
		{"too long by one", "nano-banana", `{"mode": "text-to-image", "aspect_ratio": "1:1", "prompt": "` + long + `"}`, "Text too long: prompt; has 5001 characters, and may have 5000"},
		{"a text for a list", "nano-banana", `{"mode": "image-to-image", "prompt": "x", "aspect_ratio": "1:1", "image_urls": "https://a/b"}`, "Wrong type: image_urls; is a list of texts"},
		{"too many", "nano-banana", `{"mode": "image-to-image", "prompt": "x", "aspect_ratio": "1:1", "image_urls": ["https://1","https://2","https://3","https://4","https://5","https://6"]}`, "Too many elements: image_urls; has 6, and may have 5"},
		{"too few", "nano-banana", `{"mode": "image-to-image", "prompt": "x", "aspect_ratio": "1:1", "image_urls": []}`, "Too few elements: image_urls"},
		{"a path for a URL", "nano-banana", `{"mode": "image-to-image", "prompt": "x", "aspect_ratio": "1:1", "image_urls": ["in/cat.png"]}`, `Not a URL: image_urls; holds "in/cat.png"`},
		{"two names of one parameter", "gpt-image-1", `{"mode": "gpt-image-1", "prompt": "x", "aspect_ratio": "1:1", "num_images": 1, "nVariants": 4}`, "Parameter given twice: nVariants; older name of num_images; Remove nVariants"},
		{"either spelling of 1K", "nano-banana-2", `{` + banana + `, "resolution": "2K"}`, ""},
		{"another spelling of a mode", "suno", `{"mode": "v5", "prompt": "x", "customMode": false, "instrumental": false}`, `Value not in the list: mode; Did you mean "V5"?`},
		{"out of range", "minimax-image-01", `{"mode": "text-to-image", "prompt": "x", "num_images": 10}`, "Value out of range: num_images; is 10, and goes from 1 to 9"},
		{"not whole", "minimax-image-01", `{"mode": "text-to-image", "prompt": "x", "num_images": 1.5}`, "Wrong type: num_images; is a whole number, and 1.5 is not"},
		{"one point nought", "minimax-image-01", `{"mode": "text-to-image", "prompt": "x", "num_images": 1.0}`, ""},
		{"a number as text", "kling-2-6", `{"mode": "text-to-video", "prompt": "x", "duration": "5", "sound": true}`, "Number given as text: duration; tonumber(...)"},
		{"true as text", "kling-2-6", `{"mode": "text-to-video", "prompt": "x", "duration": 5, "sound": "true"}`, "Wrong type: sound; is true or false"},
		{"a value of a number's list", "kling-2-6", `{"mode": "text-to-video", "prompt": "x", "duration": 6, "sound": true}`, "Value not in the list: duration; is 6, and the catalog has 5, 10."},
		{"optional in one mode", "kling-3-0-std", `{"mode": "motion-control", "image_urls": ["https://a"], "video_urls": ["https://b"]}`, ""},
		{"bounds of a mode", "wan-2-6-video", `{"mode": "reference-to-video", "prompt": "x", "image_urls": ["https://a"], "duration": 12}`, "Value out of range: duration; goes from 2 to 10"},
		{"case by another parameter", "suno", `{"mode": "V4", "prompt": "` + strings.Repeat("x", 501) + `", "customMode": false, "instrumental": false}`, "Text too long: prompt; has 501 characters, and may have 500"},
		{"the other case", "suno", `{"mode": "V4", "prompt": "` + strings.Repeat("x", 501) + `", "customMode": true, "instrumental": false}`, ""},
		{"more with a switch", "wan-2-7-image", `{"mode": "omni-image", "prompt": "x", "num_images": 12, "enable_sequential": true}`, ""},
		{"fewer without", "wan-2-7-image", `{"mode": "omni-image", "prompt": "x", "num_images": 12}`, "Value out of range: num_images; goes from 1 to 4"},
		{"an object for a text", "nano-banana", `{"mode": "text-to-image", "prompt": {}, "aspect_ratio": "1:1"}`, "Wrong type: prompt; is a text, and {} is not"},
		{"a model of which nothing is known", "qwen-image", `{"anything": 1}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, _ := Default().Lookup(c.model)
			checkDoubts(t, m.Check(input(t, c.input)), c.want)
		})
	}
}

// checkDoubts wants one doubt with all of the parts, or none.
func checkDoubts(t *testing.T, doubts []Doubt, want string) {
	t.Helper()
	if want == "" {
		if len(doubts) != 0 {
			t.Errorf("got %+v, want no doubts", doubts)
		}
		return
	}
	if len(doubts) != 1 {
		t.Fatalf("got %d doubts: %+v, want %q", len(doubts), doubts, want)
	}
	for _, part := range strings.Split(want, "; ") {
		if !strings.Contains(doubts[0].Summary+" / "+doubts[0].Detail, part) {
			t.Errorf("got %+v, want %q", doubts[0], part)
		}
	}
}

func TestWhatIsNotKnownYetIsTakenToBeRight(t *testing.T) {
	m, _ := Default().Lookup("nano-banana")
	for _, hidden := range [][]string{{"mode", "prompt", "aspect_ratio"}, {"mode", "prompt", "aspect_ratio", "image_urls"}} {
		if doubts := m.Check(nil, hidden...); len(doubts) != 0 {
			t.Errorf("%q: %+v", hidden, doubts)
		}
	}
	checkDoubts(t, m.Check(nil, "mode", "prompt", "aspect_ratio", "prompd"), "Unknown parameter: prompd")
}

// API document, section 11, row 17.
func TestContradiction17RenamedParametersAreNamedAndLeftAlone(t *testing.T) {
	for _, c := range []struct{ model, old, value, name string }{
		{"gpt-image-1", "nVariants", "2", "num_images"},
		{"sora-2", "image_url", `"https://a"`, "image_urls"},
		{"sora-2", "n_frames", `"10"`, "duration"},
		{"midjourney", "aspect", `"1:1"`, "aspect_ratio"},
		{"midjourney", "stylize", "100", "stylization"},
		{"midjourney", "chaos", "10", "variety"},
		{"midjourney", "weird", "10", "weirdness"},
	} {
		m, _ := Default().Lookup(c.model)
		found := false
		for _, d := range m.Check(map[string]json.RawMessage{c.old: json.RawMessage(c.value)}) {
			found = found || d.Summary == "Renamed parameter: "+c.old && strings.Contains(d.Detail, c.name)
		}
		if !found {
			t.Errorf("%s of %s is not said to be %s now", c.old, c.model, c.name)
		}
	}
}

// API document, section 11, row 18.
func TestContradiction18ADurationGivenAsTextIsOnlyDoubted(t *testing.T) {
	m, _ := Default().Lookup("hailuo-2-3")
	checkDoubts(t, m.Check(input(t, `{"mode": "standard-text-to-video", "prompt": "x", "duration": "6"}`)), "Number given as text: duration")
}

// API document, section 11, row 19: the pages describe pro and max both ways.
func TestContradiction19FluxKontextSaysNotWhichModeIsBetter(t *testing.T) {
	m, _ := Default().Lookup("flux-kontext")
	if text := fmt.Sprint(m.Note, m.Params); strings.Contains(text, "quality") || strings.Contains(text, "faster") {
		t.Errorf("a tier is described: %s", text)
	}
}

// API document, section 11, row 20.
func TestContradiction20PromptLimitsAreThoseOfTheModel(t *testing.T) {
	for id, limit := range map[string]int{"wan-2-5": 800, "kling-2-6": 1000, "midjourney": 2000, "nano-banana": 5000, "gpt-image-1": 10_000, "gpt-image-2": 20_000} {
		m, _ := Default().Lookup(id)
		for n, want := range map[int]bool{limit: false, limit + 1: true} {
			raw, err := json.Marshal(strings.Repeat("ü", n))
			if err != nil {
				t.Fatal(err)
			}
			doubted := false
			for _, d := range m.Check(map[string]json.RawMessage{"prompt": raw}) {
				doubted = doubted || d.Summary == "Text too long: prompt"
			}
			if doubted != want {
				t.Errorf("%s: a prompt of %d characters is doubted: %v", id, n, doubted)
			}
		}
	}
}

// API document, section 11, row 21.
func TestContradiction21TextThatTheServiceDropsIsDoubted(t *testing.T) {
	m, _ := Default().Lookup("midjourney")
	checkDoubts(t, m.Check(input(t, `{"mode": "text-to-image", "prompt": "a cat --ar 16:9"}`)), "Text that is dropped: prompt; 6 of its 15 characters are left")
	for _, id := range []string{"wan-2-6-image", "wan-2-7-image"} {
		m, _ := Default().Lookup(id)
		mode := m.Params[0].Enum[0].(string)
		text := strings.Repeat("x", 5001)
		checkDoubts(t, m.Check(input(t, `{"mode": "`+mode+`", "prompt": "`+text+`"}`)), "Text too long: prompt; refused or cut off")
	}
}

func TestTheExampleOfEveryModelLeavesNoDoubt(t *testing.T) {
	for _, m := range Default().Models() {
		values := make(map[string]json.RawMessage)
		for _, a := range m.Example() {
			raw, err := json.Marshal(a.Value)
			if err != nil {
				t.Fatal(err)
			}
			values[a.Name] = raw
		}
		if len(values) == 0 {
			t.Errorf("%s has no example", m.ID)
		}
		checkDoubts(t, m.Check(values), "")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("suno", "prompt", `"x"`, "customMode")
	f.Add("nano-banana", "image_urls", `["a", 1, null]`, "mode")
	f.Add("minimax-image-01", "num_images", `1e400`, "")
	f.Add("midjourney", "prompt", `"--"`, "speed")
	f.Fuzz(func(t *testing.T, id, name, value, hidden string) {
		m, ok := Default().Lookup(id)
		if !ok || !json.Valid([]byte(value)) {
			return
		}
		for _, d := range m.Check(map[string]json.RawMessage{name: json.RawMessage(value)}, hidden) {
			if d.Summary == "" || d.Detail == "" || len(d.Detail) > 2000+20*len(name)+20*len(hidden) {
				t.Errorf("%+v", d)
			}
		}
	})
}
