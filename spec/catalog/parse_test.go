package catalog

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsWrongWithACatalogIsSaidWithItsPlace(t *testing.T) {
	model := func(more string) string {
		return "{\n  \"read\": \"2026-11\",\n  \"models\": [\n    {\"id\": \"x\", \"kind\": \"image\",\n" + more + "}\n  ]\n}"
	}
	param := func(more string) string { return model(`"params": [{"name": "p", "type": "integer", ` + more + `}]`) }
	price := func(more string) string { return model(`"prices": [{` + more + `}]`) }
	cases := map[string]struct{ file, want string }{
		"empty":                         {"", "line 1: the file ends in the middle"},
		"cut off":                       {"{\n\"models\": [", "line 2, /models: the file ends in the middle"},
		"not JSON":                      {"{\n'a'", "line 2: it is no JSON here"},
		"a list":                        {"[]", "line 1: it is a list, and must be an object"},
		"no models":                     {`{"models": []}`, "it holds no models"},
		"models missing":                {`{"read": "2026-11"}`, `"models" is missing`},
		"something behind":              {model(`"title": "X"`) + "x", "line 7: there is something after"},
		"unknown field":                 {model(`"titel": "X"`), `line 5, /models/0/titel: there is no field "titel" here. Did you mean "title"?`},
		"a field twice":                 {model(`"title": "X", "title": "Y"`), "line 5, /models/0/title: it is there twice"},
		"id missing":                    {`{"models": [{"kind": "image"}]}`, `line 1, /models/0: "id" is missing`},
		"id of two":                     {`{"models": [{"id": "x", "kind": "image"}, {"id": "y", "kind": "image", "aliases": ["x"]}]}`, `"x" is the name of two models, x and y`},
		"id with a slash":               {`{"models": [{"id": "a/b", "kind": "image"}]}`, `/models/0/id: "a/b" is no name`},
		"kind":                          {`{"models": [{"id": "x", "kind": "images"}]}`, `/models/0/kind: it is "images", and must be one of image, video, audio`},
		"month":                         {`{"read": "lately", "models": []}`, `line 1, /read: it is "lately"`},
		"price with seven decimals":     {price(`"usd": 0.0000001, "per": "task"`), "line 5, /models/0/prices/0/usd: the price 0.0000001 is below zero, too large, or has more than six decimals"},
		"price below zero":              {price(`"usd": -1, "per": "task"`), "/usd: the price -1 is below zero"},
		"price as text":                 {price(`"usd": "1", "per": "task"`), `/usd: it is "1", and must be a number of US dollars`},
		"price with an exponent":        {price(`"usd": 1e99999999, "per": "task"`), "/usd: it is 1e99999999, and must be"},
		"price without a unit":          {price(`"usd": 1`), `/models/0/prices/0: "per" is missing`},
		"price per fortnight":           {price(`"usd": 1, "per": "fortnight"`), `/per: it is "fortnight", and must be one of task, image`},
		"price upside down":             {price(`"usd": 2, "usd_max": 1, "per": "task"`), "/prices/0: usd is more than usd_max"},
		"price when nobody knows":       {price(`"usd": 2, "per": "task", "when": {"size": 1}`), `/prices/0: when names "size", which is no parameter`},
		"condition that is a list":      {price(`"usd": 2, "per": "task", "when": {"p": []}`), "/prices/0/when/p: it is a list"},
		"duration without a unit":       {model(`"poll": {"first": "5", "interval": "3s"}`), `/poll/first: it is "5", and must be a duration`},
		"poll with half a schedule":     {model(`"poll": {"first": "5s"}`), `/poll: "interval" is missing`},
		"typical upside down":           {model(`"typical": {"min": "5s", "max": "3s"}`), "/typical: min is 5s, more than max, 3s"},
		"limit of half a call":          {model(`"limits": {"requests_per_minute": 0.5}`), "/requests_per_minute: it is 0.5, and must be a whole number from 1"},
		"type of a parameter":           {model(`"params": [{"name": "p", "type": "int"}]`), `/models/0/params/0/type: it is "int", and must be one of string`},
		"parameter without a name":      {model(`"params": [{"name": "", "type": "string"}]`), `/params/0/name: "" is no name`},
		"default outside of enum":       {param(`"default": 3, "enum": [1, 2]`), "/params/0: the default 3 is not in enum"},
		"mode that there is not":        {param(`"modes": ["fast"]`), `/params/0: it is for mode "fast", which the model does not have`},
		"rows for the same case":        {model(`"params": [{"name": "p", "type": "string"}, {"name": "p", "type": "string"}]`), "/params/1: it has the name and the case of another"},
		"least more than greatest":      {param(`"min": 3, "max": 2`), "/params/0: min is more than max"},
		"required, in words":            {param(`"required": "yes"`), `/required: it is "yes", and must be true or false`},
		"results of no file":            {model(`"results": [{"files": 0}]`), "/results/0/files: it is 0, and must be a whole number from 1"},
		"results without a number":      {model(`"results": [{"modes": []}]`), `/results/0: "files" is missing`},
		"results upside down":           {model(`"results": [{"files": 3, "files_max": 2}]`), "/results/0: files is 3, more than files_max, 2"},
		"results without end":           {model(`"results": [{"files": 1, "files_max": 100000}]`), "/results/0: a task makes 86400 files at most"},
		"results of a mode there isn't": {model(`"results": [{"files": 2, "modes": ["fast"]}]`), `/results/0: it is for mode "fast", which the model does not have`},
		"results twice":                 {model(`"results": [{"files": 2}, {"files": 4}]`), "/results/1: another row is for the same mode"},
		"a name with an odd character":  {model(`"a/b~c": 1`), "/models/0/a~1b~0c: there is no field"},
		"deep":                          {strings.Repeat("[", 1000), "nests too deeply"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.file))
			var wrong *Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Errorf("a file that is too large: %v", err)
	}
}

func TestBrokenCodesAreRefused(t *testing.T) {
	for _, codes := range []string{`{"statuses": [{"kode": "1"}]}`, `[]`} {
		if _, err := parse([]byte(`{"models": [{"id": "x", "kind": "image"}]}`), []byte(codes), nil); err == nil {
			t.Errorf("codes %s are taken", codes)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, Default().Models()); err != nil {
		t.Fatal(err)
	}
	again, err := Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default().Models(), again.Models()); diff != "" {
		t.Errorf("another catalog is read back (-written +read):\n%s", diff)
	}
}

func TestACatalogOfOnesOwnKeepsTheCodes(t *testing.T) {
	c, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "video", "prices": [{"usd": 0.08, "per": "second"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := c.Lookup("mine"); !ok || m.Title != "mine" || m.Prices[0].HighMicros != 80_000 {
		t.Errorf("its model is %+v", m)
	}
	if _, ok := c.Lookup("nano-banana"); ok {
		t.Error("it does not replace the embedded one")
	}
	if len(c.Codes()) != len(Default().Codes()) || len(c.Reasons()) == 0 {
		t.Error("the codes are lost")
	}
}

// A request is known by its model's ID. Were that to depend on a file, the same
// configuration would be bought again under another one.
func TestNamesStandForTheSameModelUnderEveryCatalog(t *testing.T) {
	bare, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "image"}, {"id": "Kling-4", "kind": "video"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Default().Models() {
		for _, name := range append([]string{m.ID, strings.ToUpper(m.ID)}, m.Aliases...) {
			if id, _ := bare.ID(name); id != m.ID {
				t.Errorf("%s stands for %s under a catalog without %s", name, id, m.ID)
			}
		}
	}
	// What the program does not know is taken as it is written.
	for name, listed := range map[string]bool{"mine": true, "Kling-4": true, "MINE": false, "kling-4": false, "other": false} {
		id, known := bare.ID(name)
		_, found := bare.Lookup(name)
		if id != name || known != listed || found != listed {
			t.Errorf("%s stands for %s, known: %v, found: %v", name, id, known, found)
		}
	}
	if m, found := bare.Lookup("FLUX2"); found {
		t.Errorf("a catalog without flux-2 has it as %s", m.ID)
	}
	for _, taken := range []string{
		`{"id": "mine", "aliases": ["nano-banana"], "kind": "image"}`,
		`{"id": "flux2", "kind": "image"}`, // an alias of flux-2
		`{"id": "mine", "aliases": ["FLUX2"], "kind": "image"}`,
	} {
		if _, err := Parse([]byte(`{"models": [` + taken + `]}`)); err == nil || !strings.Contains(err.Error(), "in this program") {
			t.Errorf("%s: got %v", taken, err)
		}
	}
	for file, want := range map[string]string{
		`{"id": "kling-4-0", "aliases": ["kling-4"], "kind": "video"}`:           `a file adds no other name of a model, such as "kling-4" of kling-4-0: what was bought under it would be bought again. Write the ID "kling-4-0" in the task`,
		`{"id": "flux-2", "aliases": ["flux2", "flux-two"], "kind": "image"}`:    `such as "flux-two" of flux-2`,
		`{"id": "kling-4", "kind": "video"}, {"id": "Kling-4", "kind": "video"}`: `"kling-4" and "Kling-4" differ in case only`,
	} {
		if _, err := Parse([]byte(`{"models": [` + file + `]}`)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
	repeated, err := Parse([]byte(`{"models": [{"id": "flux-2", "aliases": ["flux2"], "kind": "image"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"flux-2", "flux2", "FLUX2", "Flux-2"} {
		if m, found := repeated.Lookup(name); !found || m.ID != "flux-2" {
			t.Errorf("%s is not found", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(modelsJSON)
	f.Add([]byte(`{"models": [{"id": "x", "kind": "image", "params": [{"name": "mode", "type": "string", "enum": ["a"]}]}]}`))
	f.Add([]byte(`{"models": [{"id": "x", "kind": "image", "params": [{"name": "a", "type": "string", "when": {"a": 1}, "default": 1}], "prices": [{"usd": 1, "per": "second", "when": {"a": 1}}]}]}`))
	f.Add([]byte(`{"models": [{"id": "x", "kind": "image", "params": [{"name": "mode", "type": "string", "enum": ["a", "b"]}], "results": [{"files": 1, "files_max": 6, "modes": ["b"]}], "prices": [{"usd": 1, "per": "song", "when": {"mode": "a"}}]}]}`))
	f.Add([]byte(`{"models": [{"id": null, "kind": {}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Errorf("%v says nothing of the place", err)
			}
			return
		}
		for _, m := range c.Models() {
			m.Estimate(nil)
			m.Check(nil, "mode")
			m.Example()
			m.Schedule()
		}
		var b bytes.Buffer
		if err := Write(&b, c.Models()); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b.Bytes()); err != nil {
			t.Errorf("what was read cannot be written and read: %v\n%s", err, b.Bytes())
		}
	})
}
