package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

func TestPricesOfAPlan(t *testing.T) {
	const banana = `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
`
	const secrets = `
variable "seconds" {
  default   = 15
  sensitive = true
}
variable "size" {
  default   = "1080p"
  sensitive = true
}
`
	for _, c := range []struct {
		name, config string
		price        plan.Price
		note         string // a part of it
	}{
		{"a sensitive number", `model = "mine"
  input = { duration = var.seconds }`, plan.Price{Low: 1_200_000, High: 1_200_000, Known: true}, ""},
		{"a sensitive number that no page has", `model = "seedream-4-5"
  input = { max_images = var.seconds }`, plan.Price{Low: 40_000, High: 600_000, Known: true}, ""},
		{"a sensitive text", `model = "wan-2-5"
  input = { duration = 10, resolution = var.size }`, plan.Price{Low: 1_300_000, High: 1_300_000, Known: true}, ""},
		{"a sensitive input", `model = "wan-2-5"
  input = sensitive({ duration = 10, resolution = "1080p" })`, plan.Price{Low: 1_300_000, High: 1_300_000, Known: true}, ""},
		{"a sensitive number beside what is known later", `model = "mine"
  input = { duration = var.seconds, image_urls = task.still.urls }`, plan.Price{Low: 1_200_000, High: 1_200_000, Known: true}, ""},
		{"a sensitive number that is known later", `model = "wan-2-5"
  input = { duration = sensitive(5 * length(task.still.urls)) }`, plan.Price{Low: 400_000, High: 800_000, Known: true}, ""},
		{"an input of which nothing is known", `model = "wan-2-5"
  input = task.still.result`, plan.Price{Low: 400_000, High: 1_300_000, Known: true}, ""},
		{"an input whose names are known later", `model = "gpt-image-1"
  input = merge({ prompt = "x" }, length(task.still.urls) > 1 ? { num_images = 4 } : {})`, plan.Price{Low: 350_000, High: 1_400_000, Known: true}, "the higher figure counts: the oldest pages say $0.035"},
		{"one's own, of an input of which nothing is known", `model = "mine"
  input = task.still.result`, plan.Price{}, "per second and the input has no duration"},
		{"the catalog's", `model = "veo-3-1"
  input = { mode = "fast", prompt = "x" }`, plan.Price{Low: 200_000, High: 200_000, Known: true}, ""},
		{"a range", `model = "flux-2"
  input = { prompt = "x" }`, plan.Price{Low: 50_000, High: 130_000, Known: true}, ""},
		{"contradicting sources", `model = "gpt-image-1"
  input = { num_images = 2 }`, plan.Price{Low: 700_000, High: 700_000, Known: true}, "the higher figure counts: the oldest pages say $0.035"},
		{"nobody knows", `model = "kling-2-6"
  input = { prompt = "x" }`, plan.Price{}, ""},
		{"no row fits", `model = "gpt-image-2"
  input = { resolution = "4k" }`, plan.Price{}, "no price is known for this model and input"},
		{"one's own", `model = "mine"
  input = { duration = 5 }`, plan.Price{Low: 400_000, High: 400_000, Known: true}, ""},
		{"one's own, per second of what is not said", `model = "mine"
  input = { prompt = "x" }`, plan.Price{}, "per second and the input has no duration"},
		{"a duration that is known later", `model = "wan-2-5"
  input = { resolution = "720p", duration = 5 * length(task.still.urls) }`, plan.Price{Low: 400_000, High: 800_000, Known: true}, ""},
		{"a resolution that is known later", `model = "wan-2-5"
  input = { duration = 10, resolution = task.still.result.size }`, plan.Price{Low: 800_000, High: 1_300_000, Known: true}, ""},
		{"a price that is known later, or not", `model = "gpt-image-2"
  input = { resolution = task.still.result.size }`, plan.Price{}, "depends on values that are not known yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := banana + secrets + "model \"mine\" {\n  price = { usd = 0.08, per = \"second\" }\n}\ntask \"it\" {\n  " + c.config + "\n}\n"
			p := makePlan(t, load(t, config), nil, plan.Options{})
			for i := range p.Actions {
				a := &p.Actions[i]
				if a.Address.Name != "it" {
					continue
				}
				if note := a.Price.Note; !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
					t.Errorf("note %q, want %q", note, c.note)
				}
				a.Price.Note = ""
				if diff := cmp.Diff(c.price, a.Price); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			totals := p.Totals()
			if _, noted := totals.PriceNotes["kling-2-6"]; noted || totals.High != c.price.High+task.Cost(30_000) {
				t.Errorf("totals %+v", totals)
			}
		})
	}
}

func TestTheNoteOfAModelIsThatOfWhatHasNoPrice(t *testing.T) {
	for _, speeds := range []string{`["draft", "relaxed"]`, `["relaxed", "draft"]`} {
		p := makePlan(t, load(t, `task "pier" {
  for_each = `+speeds+`
  key      = each.value
  model    = "midjourney"
  input    = { prompt = "x", speed = each.value }
}`), nil, plan.Options{})
		if note := p.Totals().PriceNotes["midjourney"]; note != "no price is known for this model and input" {
			t.Errorf("%s: note %q", speeds, note)
		}
	}
}
