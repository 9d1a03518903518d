package simulator

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/spec/catalog"
)

// pens is a model that has a parameter of each type.
func pens() model {
	low, high := 1.0, 10.0
	return model{id: "pens", kind: catalog.Image, params: []catalog.Param{
		{Name: "mode", Type: "string", Required: true, Enum: []any{"draw", "paint"}},
		{Name: "prompt", Type: "string", Required: true, MinRunes: 1, MaxRunes: 5},
		{Name: "size", Type: "string", Required: true, Default: "1K", Enum: []any{"1K", "2K"}},
		{Name: "title", Type: "string", MaxRunes: 3},
		{Name: "count", Type: "integer", Min: &low, Max: &high},
		{Name: "steps", Type: "integer", Enum: []any{4.0, 1e6}},
		{Name: "weight", Type: "number", Max: &high},
		{Name: "sound", Type: "boolean"},
		{Name: "urls", Was: []string{"url"}, Type: "string[]", MinItems: 1, MaxItems: 2, Modes: []string{"paint"}, Required: true},
		{Name: "loras", Type: "object[]"},
		{Name: "boxes", Type: "array"},
		{Name: "length", Type: "integer", Enum: []any{5.0}, Modes: []string{"draw"}},
		{Name: "length", Type: "integer", Enum: []any{10.0}, Modes: []string{"paint"}},
	}}
}

func TestParametersAreChecked(t *testing.T) {
	for _, test := range []struct {
		input         string
		known, strict string // what is wrong; empty for nothing
	}{
		{`{"mode":"draw","prompt":"x"}`, "", ""},
		{`{"mode":"draw","prompt":"x","size":"1k","count":"3","weight":-2.5,"sound":true,"loras":[{}],"boxes":[1,"x"]}`, "", ""},
		{`{"prompt":"x"}`, "", "mode is required"},
		{`{"mode":"draw"}`, "", "prompt is required"},
		{`{"mode":"draw","prompt":null}`, "", "prompt is required"},
		{`{"mode":"cut","prompt":"x"}`, "mode must be one of draw, paint", "mode must be one of"},
		{`{"mode":7,"prompt":"x"}`, "mode must be a string", "mode must be a string"},
		{`{"mode":"draw","prompt":"äöüäöü"}`, "Prompt exceeds provider limit (max 5 chars)", "Prompt exceeds"},
		{`{"mode":"draw","prompt":"äöüäö"}`, "", ""},
		{`{"mode":"draw","prompt":""}`, "prompt must have at least 1 characters", "prompt"},
		{`{"mode":"draw","prompt":"x","title":"four"}`, "title must have at most 3 characters", "title"},
		{`{"mode":"draw","prompt":"x","count":0}`, "count must be at least 1", "count"},
		{`{"mode":"draw","prompt":"x","count":11}`, "count must be at most 10", "count"},
		{`{"mode":"draw","prompt":"x","count":1.5}`, "count must be a whole number", "count"},
		{`{"mode":"draw","prompt":"x","count":"many"}`, "count must be a number", "count"},
		{`{"mode":"draw","prompt":"x","count":true}`, "count must be a number", "count"},
		{`{"mode":"draw","prompt":"x","count":"NaN"}`, "count must be a number", "count"},
		{`{"mode":"draw","prompt":"x","count":1e999}`, "count must be a number", "count"},
		{`{"mode":"draw","prompt":"x","steps":1000000}`, "", ""},
		{`{"mode":"draw","prompt":"x","steps":"4"}`, "", ""},
		{`{"mode":"draw","prompt":"x","steps":5}`, "steps must be one of", "steps"},
		{`{"mode":"draw","prompt":"x","sound":"true"}`, "sound must be true or false", "sound"},
		{`{"mode":"draw","prompt":"x","loras":["a"]}`, "loras must be an array of objects", "loras"},
		{`{"mode":"paint","prompt":"x"}`, "", "urls is required"},
		{`{"mode":"paint","prompt":"x","url":"a"}`, "", ""},
		{`{"mode":"paint","prompt":"x","urls":[]}`, "urls must have at least 1 items", "urls"},
		{`{"mode":"paint","prompt":"x","urls":"a"}`, "urls must be an array", "urls"},
		{`{"mode":"paint","prompt":"x","urls":[1]}`, "urls must be an array of strings", "urls"},
		{`{"mode":"paint","prompt":"x","urls":["a","b","c"]}`, "urls must have at most 2 items", "urls"},
		{`{"mode":"draw","prompt":"x","urls":["a"]}`, "", `urls is not allowed in mode "draw"`},
		{`{"mode":"paint","prompt":"x","urls":["a"],"length":10}`, "", ""},
		{`{"mode":"paint","prompt":"x","urls":["a"],"length":5}`, "length must be one of 10", "length"},
		{`{"mode":"draw","prompt":"x","colour":"red"}`, "", `unknown parameter "colour"`},
	} {
		var input map[string]json.RawMessage
		if err := json.Unmarshal([]byte(test.input), &input); err != nil {
			t.Fatal(err)
		}
		for how, want := range map[Parameters]string{KnownParameters: test.known, StrictParameters: test.strict, AnyParameters: ""} {
			err := pens().checkParameters(input, how)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %v: %v, want %q", test.input, how, err, want)
			}
		}
	}
}

func TestStrictSimulatorWantsTheOnlyProviderThatWorks(t *testing.T) {
	for how, want := range map[Parameters]int{AnyParameters: 200, KnownParameters: 200, StrictParameters: 400} {
		c := newClient(t, Config{Parameters: how})
		const input = `"input":{"mode":"text-to-video","prompt":"x","duration":4,"aspect_ratio":"landscape"}}`
		if r := c.must("POST", "/api/v1/generateTask/sora-2", `{"provider":"value",`+input); r.status != want {
			t.Errorf("%v: %s", how, r.body)
		}
		if r := c.must("POST", "/api/v1/generateTask/sora-2", `{"provider":"official",`+input); r.status != 200 {
			t.Errorf("%v, official: %s", how, r.body)
		}
	}
}

func TestAStrictSimulatorRefusesAProviderThatNoPageHas(t *testing.T) {
	for _, test := range []struct {
		model, provider string
		how             Parameters
		want            int
	}{
		{testModel, "bogus", StrictParameters, 400}, {testModel, "bogus", KnownParameters, 200},
		{testModel, "value", StrictParameters, 200}, {"vidu-q3", "channel-7", StrictParameters, 200},
	} {
		c := newClient(t, Config{Parameters: test.how})
		input := `{"mode":"text-to-image","prompt":"x","aspect_ratio":"1:1"}`
		if test.model != testModel {
			input = `{"mode":"text-to-video","prompt":"x"}`
		}
		if r := c.must("POST", "/api/v1/generateTask/"+test.model, `{"provider":"`+test.provider+`","input":`+input+`}`); r.status != test.want {
			t.Errorf("%s with %s, %v: %s", test.model, test.provider, test.how, r.body)
		}
	}
}

func TestModelsWithoutParametersTakeAny(t *testing.T) {
	config := instantly()
	config.AnyModel, config.Parameters = true, StrictParameters
	c := newClient(t, config)
	if r := c.must("POST", "/api/v1/generateTask/brand-new", `{"input":{"colour":"red"}}`); r.status != 200 {
		t.Error(r.body)
	}
}

func TestParameterChecksByName(t *testing.T) {
	for name, want := range parametersNames {
		if got, err := ParseParameters(name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := ParseParameters("some"); err == nil {
		t.Error("nonsense is accepted")
	}
}

// TestEveryDefaultOfTheCatalogPasses: what the pages show as defaults is not
// refused by the very same pages.
func TestEveryDefaultOfTheCatalogPasses(t *testing.T) {
	for _, known := range catalog.Default().Models() {
		m := knownModel(known)
		for _, p := range known.Params {
			if p.Default == nil {
				continue
			}
			raw, err := json.Marshal(p.Default)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.checkValue(p, raw); err != nil {
				t.Errorf("%s: default %s of %s: %v", m.id, raw, p.Name, err)
			}
		}
	}
}

func TestChainedTasksNeedAnEarlierOneThatSucceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Minute)
		config.Parameters = KnownParameters
		c := newClient(t, config)
		generate := func(model, input string) string {
			t.Helper()
			r := c.must("POST", "/api/v1/generateTask/"+model, `{"input":`+input+`}`)
			if r.status != 200 {
				t.Fatalf("%s: %s", input, r.body)
			}
			all := c.sim.Ledger()
			return all[len(all)-1].TaskID
		}
		good, bad := generate("midjourney", `{"prompt":"a pier"}`), generate("midjourney", `{"prompt":"[sim:fail=NSFW]"}`)
		foreign := generate(testModel, `{"prompt":"a pier"}`)
		early := generate("midjourney", `{"mode":"upscale","taskId":"`+good+`","imageIndex":1}`)
		time.Sleep(time.Minute)
		for name, test := range map[string]struct {
			taskID, mode, code string
			files              int
		}{
			"succeeded, upscale": {good, "upscale", "", 1},
			"succeeded, vary":    {good, "vary", "", 4},
			"failed":             {bad, "upscale", "INVALID_TASK_ID", 0},
			"another model's":    {foreign, "upscale", "INVALID_TASK_ID", 0},
			"unknown":            {"task_12345678", "upscale", "INVALID_TASK_ID", 0},
		} {
			id := generate("midjourney", `{"mode":"`+test.mode+`","taskId":"`+test.taskID+`","imageIndex":1}`)
			j, err := jobOf(id, 0)
			if err != nil || j.failure.code != test.code || j.files() != test.files {
				t.Errorf("%s: fail code %q, %d files, %v", name, j.failure.code, j.files(), err)
			}
		}
		if j, _ := jobOf(early, 0); j.failure.code != "INVALID_TASK_ID" {
			t.Errorf("a task that builds on one that still runs: %q", j.failure.code)
		}
		if r := c.must("POST", "/api/v1/generateTask/midjourney", `{"input":{"mode":"vary","imageIndex":1}}`); r.status != 400 || !strings.Contains(r.msg, "taskId is required") {
			t.Errorf("without an ID: %s", r.body)
		}
		image := generate("grok-image", `{"prompt":"x"}`)
		time.Sleep(time.Minute)
		for id, code := range map[string]string{image: "", good: "INVALID_TASK_ID"} {
			j, _ := jobOf(generate("grok-video", `{"mode":"image-to-video","prompt":"x","task_id":"`+id+`"}`), 0)
			if j.failure.code != code {
				t.Errorf("grok-video: %q, want %q", j.failure.code, code)
			}
		}
	})
}

func TestOnlyTheImagesThatCameAreBilled(t *testing.T) {
	c := newClient(t, instantly())
	cost := func(prompt string, most string) int64 {
		t.Helper()
		r := c.must("POST", "/api/v1/generateTask/seedream-4-5", `{"input":{"prompt":"`+prompt+`","max_images":`+most+`}}`)
		if r.status != 200 {
			t.Fatal(r.body)
		}
		all := c.sim.Ledger()
		return all[len(all)-1].CostMicros
	}
	one := cost("x", "1")
	for prompt, images := range map[string]int64{"four": 4, "[sim:results=2]": 2, "[sim:results=0]": 0} {
		if got := cost(prompt, "4"); one == 0 || got != images*one {
			t.Errorf("%s: %d, want %d times %d", prompt, got, images, one)
		}
	}
	if got := cost("text", `"4"`); got != 4*one {
		t.Errorf("max_images as text: %d, want 4 times %d", got, one)
	}
}

func TestSomeTasksHaveFewerImagesThanAskedFor(t *testing.T) {
	config := instantly()
	var err error
	if config.Faults, err = ParseFaults("fewer=50%"); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, config)
	counts := map[int]int{}
	for i := range 60 {
		c.must("POST", "/api/v1/generateTask/seedream-4-5", `{"input":{"max_images":4,"prompt":"`+strings.Repeat("x", i+1)+`"}}`)
		c.must("POST", "/api/v1/generateTask/gpt-image-1", `{"input":{"num_images":4,"prompt":"`+strings.Repeat("x", i+1)+`"}}`)
	}
	for _, a := range c.sim.Ledger() {
		j, err := jobOf(a.TaskID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if j.model == "gpt-image-1" && j.results != 4 {
			t.Errorf("num_images=4 gave %d", j.results)
		}
		if j.model != "gpt-image-1" {
			counts[j.results]++
		}
	}
	if counts[4] < 15 || counts[4] > 45 || counts[1] == 0 || counts[2] == 0 || counts[3] == 0 || len(counts) != 4 {
		t.Errorf("tasks by number of images: %v", counts)
	}
}

// TestTracksHaveTheirFiles fetches what the track objects name.
func TestTracksHaveTheirFiles(t *testing.T) {
	c := newClient(t, instantly())
	c.must("POST", "/api/v1/generateTask/suno", `{"input":{"prompt":"a song [sim:tracks][sim:result-object]"}}`)
	r := c.must("GET", "/api/v1/statusTask/suno?taskId="+c.sim.Ledger()[0].TaskID, "")
	var d struct {
		ResultJSON struct {
			Data []struct {
				Audio string `json:"audio_url"`
				Image string `json:"image_url"`
				Title string
			}
		}
	}
	if err := json.Unmarshal(r.data, &d); err != nil || len(d.ResultJSON.Data) != 2 {
		t.Fatalf("%v: %s", err, r.body)
	}
	for _, track := range d.ResultJSON.Data {
		for url, want := range map[string]string{track.Audio: "audio/wav", track.Image: "image/png"} {
			if f, err := c.fetch(url); err != nil || f.status != 200 || f.header.Get("Content-Type") != want || track.Title != "a song" {
				t.Errorf("%s: %v, %d %v", url, err, f.status, f.header)
			}
		}
	}
}

// TestVoiceIDIsTheSameInSubmitAndResult, also in another process.
func TestVoiceIDIsTheSameInSubmitAndResult(t *testing.T) {
	for _, discreet := range []bool{false, true} {
		config := instantly()
		config.Discreet = discreet
		first, second := newClient(t, config), newClient(t, instantly())
		r := first.must("POST", "/api/v1/generateTask/"+voiceModel, `{"input":{"voice_id_prefix":"anna","preview_text":"hello"}}`)
		var submitted struct {
			TaskID  string
			VoiceID string `json:"voice_id"`
		}
		if err := json.Unmarshal(r.data, &submitted); err != nil || strings.HasPrefix(submitted.VoiceID, "anna_") == discreet {
			t.Fatalf("%v: %s", err, r.body)
		}
		status := second.must("GET", "/api/v1/statusTask/"+voiceModel+"?taskId="+submitted.TaskID, "")
		if !strings.Contains(status.body, `\"voice_id\":\"`+submitted.VoiceID+`\"`) {
			t.Errorf("%s and %s", r.body, status.body)
		}
	}
}
