package catalog

import "testing"

// A new tier is when a catalog is stale, and it may cost more than all that are
// listed.
func TestAValueThatNobodyHasPricedHasNoPriceAndItSaysWhy(t *testing.T) {
	for _, c := range []struct{ model, input, want string }{
		{"veo-3-1", `{"mode": "ultra-4k"}`, `no price is known with mode = "ultra-4k": the catalog lists quality, fast`},
		{"sora-2", `{"duration": 25}`, `no price is known with duration = 25: the catalog lists 4, 8, 12`},
		{"sora-2", `{"n_frames": "25"}`, `no price is known with duration = "25": the catalog lists 4, 8, 12`},
	} {
		m, _ := Default().Lookup(c.model)
		if got := m.Estimate(input(t, c.input)); got.Known || got.Basis != c.want {
			t.Errorf("%s %s: %+v, want %q", c.model, c.input, got, c.want)
		}
	}
	free, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "video",
  "params": [{"name": "duration", "type": "integer", "min": 3, "max": 10}],
  "prices": [{"usd": 1, "per": "video"}, {"usd": 2, "per": "video", "when": {"duration": 10}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := free.Lookup("mine")
	if got := m.Estimate(input(t, `{"duration": 20}`)); got.Known || got.Basis != "no price is known with duration = 20: the catalog has it from 3 to 10" {
		t.Errorf("beyond the bounds: %+v", got)
	}
	if got := m.Estimate(input(t, `{"duration": 9}`)); got.HighMicros != 1e6 {
		t.Errorf("within the bounds: %+v", got)
	}
}

func TestValuesThatTheCatalogDoesNotListAreNotTakenForTheCheapest(t *testing.T) {
	c, err := Parse([]byte(`{"models": [{"id": "mine", "kind": "video",
  "params": [
    {"name": "sound", "type": "boolean"}, {"name": "quiet", "type": "boolean", "default": false},
    {"name": "resolution", "type": "string", "default": "720p", "enum": ["720p", "1080p"]},
    {"name": "style", "type": "string", "default": "plain"}],
  "prices": [{"usd": 1, "per": "task"},
    {"usd": 2, "per": "task", "when": {"sound": true}},
    {"usd": 3, "per": "task", "when": {"resolution": "1080p"}},
    {"usd": 4, "per": "task", "when": {"style": "film"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Lookup("mine")
	for text, dollars := range map[string][2]int64{
		`{"sound": false}`:                         {1, 1},
		`{"sound": true}`:                          {2, 2},
		`{"sound": "true"}`:                        {1, 2},
		`{"sound": 1}`:                             {1, 2},
		`{}`:                                       {1, 2}, // no page says what it is without
		`{"sound": false, "resolution": "720P"}`:   {1, 1},
		`{"sound": false, "resolution": "1080"}`:   {1, 3},
		`{"sound": false, "resolution": 1080}`:     {1, 3},
		`{"sound": false, "resolution": "1080 P"}`: {1, 3},
		`{"sound": false, "style": "noir"}`:        {1, 1}, // any text is a style
		`{"sound": false, "style": ["film"]}`:      {1, 4},
	} {
		if got := m.Estimate(input(t, text)); !got.Known || got.LowMicros != dollars[0]*1e6 || got.HighMicros != dollars[1]*1e6 {
			t.Errorf("%s: %+v, want %v dollars", text, got, dollars)
		}
	}
}
