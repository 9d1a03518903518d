package spec

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unsorted are tasks whose instances are made in another order than that of their
// keys, which is the one that expressions see.
const unsorted = `
locals {
  listed  = [for k, t in task.row : t.task_id]
  grouped = { for k, t in task.cell : split("/", k)[0] => t.task_id... }
  lines   = [{ id = "c" }, { id = "a" }, { id = "b" }, { id = "D" }, { id = "10" }, { id = "9" }]
}
task "row" {
  for_each = local.lines
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = "row ${each.key}" }
}
task "cell" {
  model = "nano-banana"
  matrix {
    x = ["q", "p"]
    y = [10, 9]
    exclude {
      x = "q"
      y = 9
    }
    include {
      x = "a"
      y = 1
    }
  }
  input = { prompt = "cell ${matrix.x} ${matrix.y}" }
}
task "shot" {
  count = 12
  model = "nano-banana"
  input = { prompt = "shot ${count.index}" }
}
task "of_shot" {
  for_each = task.shot
  model    = "nano-banana"
  input    = { prompt = "of ${each.key}" }
}
task "of_row" {
  for_each = task.row
  model    = "nano-banana"
  input    = { prompt = "of ${each.key}" }
}
task "one" {
  model = "nano-banana"
  input = { prompt = "one" }
}
`

// keysOf are some of the keys of what the expressions of these tests make.
const keysOf = `toset(["0", "1", "2", "3", "4", "5", "9", "10", "11", "a", "b", "c", "D", "x", "p/9", "p/10", "q/10", "a/1"])`

func TestElementsFollowTheOrderOfTheKeysNotOfTheInstances(t *testing.T) {
	for _, expr := range []string{
		`[for k, t in task.row : t.urls[0]]`,
		`[for t in task.row : t.urls[0] if t.input.prompt != "row b"]`,
		`[for k, t in task.row : "${k} ${t.task_id}"]`,
		`[for i, u in [for k, t in task.row : { k = k, t = t }] : "${i} ${u.k} ${u.t.task_id}"]`,
		`[for t in values(task.row) : t.urls[0]]`,
		`values(task.row)`,
		`values({ for k, t in task.row : k => t.task_id })`,
		`values(task.row)[*].task_id`,
		`[for t in merge(task.row, task.cell) : t.urls[0]]`,
		`[for t in merge(task.cell, task.row, { a = task.one }) : t.urls[0]]`,
		`{ for k, t in task.row : k == "a" ? "x" : "c" => t.urls[0]... }`,
		`{ for k, t in merge(task.row, task.cell) : substr(k, 0, 1) => t... }`,
		`{ for i, t in values(task.row) : "${i}" => t }`,
		`zipmap(["a", "b", "c", "x", "1", "2"], values(task.row))`,
		`zipmap(keys(task.row), values(task.row))`,
		`{ for i, u in [for t in task.row : t.urls[0]] : keys(task.row)[i] => u }`,
		`[for k, t in task.cell : t.urls[0]]`,
		`[for k, t in task.cell : k == "p/9" ? t.urls[1] : t.urls[0]]`,
		`{ for k, t in task.cell : split("/", k)[1] => t.urls[0]... }`,
		`[for i, t in task.shot : "${i} ${t.task_id}"]`,
		`[for k, t in task.of_shot : "${k} ${t.task_id}"]`,
		`{ for k, t in { for i, t in task.shot : i => t } : k => t.task_id }`,
		`[for k, t in { for i, t in task.shot : i => t } : t.task_id]`,
		`values({ for i, t in task.shot : "n${i}" => t.task_id })`,
		`[for k, t in task.of_row : t.urls[0]]`,
		`[for k, t in merge(task.of_row, task.of_shot) : "${k} ${t.task_id}"]`,
		`local.listed`,
		`[for u in local.listed : "${u}!"]`,
		`[for k, l in local.grouped : l]`,
		`values(local.grouped)`,
		`concat([for t in task.row : t.task_id], [for t in task.cell : t.task_id])`,
		`[for u in concat(values(task.row), task.shot) : u.task_id]`,
		`[for k in keys(task.cell) : task.cell[k].task_id]`,
		`reverse([for t in task.row : t.task_id])`,
		`one([[for t in task.row : t.task_id]])`,
	} {
		t.Run(expr, func(t *testing.T) { compareElements(t, expr) })
	}
}

// compareElements holds the elements of an expression that are made one by one, as
// each.value and through a local, with the results that they depend on and no
// others, to those of the whole.
func compareElements(t *testing.T, expr string) {
	t.Helper()
	config := unsorted + `
locals {
  whole = ` + expr + `
}
`
	each := load(t, config+`
task "over" {
  for_each = { for k, v in `+expr+` : k => v }
  model    = "kling-2-6"
  input    = { value = jsonencode(each.value) }
}
output "whole" {
  value = { for k, v in local.whole : k => jsonencode(v) }
}`)
	outputs, diags := each.EvalOutputs(everythingRan)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var want map[string]string
	if err := json.Unmarshal(outputs[0].Value, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, valuesOf(t, each)); diff != "" {
		t.Errorf("each.value of %s: %s", expr, diff)
	}
	var picked [2]map[string]string
	for n, whole := range []string{"(true ? local.whole : local.whole)", "local.whole"} {
		s := load(t, config+`
task "over" {
  for_each = `+keysOf+`
  model    = "kling-2-6"
  input    = { value = jsonencode(try(`+whole+`[each.key], "none")) }
}`)
		picked[n] = valuesOf(t, s)
	}
	if diff := cmp.Diff(picked[0], picked[1]); diff != "" || len(picked[0]) == 0 {
		t.Errorf("local[each.key] of %s: %s", expr, diff)
	}
}

// Whatever is made of tasks by what can be taken apart, one element by itself must
// be what the whole has: a difference would be paid for.
func TestElementsOfRandomExpressionsAreThoseOfTheWhole(t *testing.T) {
	g := generator{random: rand.New(rand.NewPCG(1, 2))}
	for range 60 {
		compareElements(t, g.collection(1+g.random.IntN(3)))
	}
}

// A list of what is known and what is not, with a key, is taken apart by place.
func TestElementsOfAListWithKeysFollowTheOrderOfTheKeys(t *testing.T) {
	s := load(t, unsorted+`
task "over" {
  for_each = [for k, t in task.row : { id = k, of = t.task_id }]
  key      = each.value.id
  model    = "kling-2-6"
  input    = { value = each.value.of }
}`)
	for key, value := range valuesOf(t, s) {
		if want := fmt.Sprintf("id-task.row[%q]", key); value != want {
			t.Errorf("%s has %s, want %s", key, value, want)
		}
	}
}

// generator writes expressions that make objects and tuples.
type generator struct {
	random *rand.Rand
	names  int
}

func (g *generator) pick(texts ...string) string { return texts[g.random.IntN(len(texts))] }

// collection is an object or a tuple, made of others as deep as told.
func (g *generator) collection(depth int) string {
	if g.random.IntN(3) == 0 {
		return g.tuple(depth)
	}
	return g.object(depth)
}

func (g *generator) object(depth int) string {
	if depth == 0 {
		return g.pick("task.row", "task.cell", "task.of_shot", "task.of_row", "local.grouped", `{ z = task.one, a = task.row["b"], 10 = task.shot[1], 9 = "nine" }`)
	}
	switch g.random.IntN(7) {
	case 0:
		return fmt.Sprintf("merge(%s, %s)", g.object(depth-1), g.object(depth-1))
	case 1:
		return fmt.Sprintf(`{ b = %s, "a" = %s, (upper("w")) = "known" }`, g.object(depth-1), g.tuple(depth-1))
	case 2:
		return g.loop(`{ for KEY, VAL in OVER : KEY => BODY IF }`, g.object(depth-1))
	case 3:
		return g.loop(`{ for KEY, VAL in OVER : "x${strrev(KEY)}" => BODY IF }`, g.object(depth-1))
	case 4:
		return g.loop(`{ for KEY, VAL in OVER : KEY => BODY IF }`, g.tuple(depth-1))
	case 5:
		return g.loop(`{ for KEY, VAL in OVER : substr(KEY, 0, 1) => BODY... IF }`, g.object(depth-1))
	default:
		return g.loop(`{ for KEY, VAL in OVER : KEY % 3 => BODY... IF }`, g.tuple(depth-1))
	}
}

func (g *generator) tuple(depth int) string {
	if depth == 0 {
		return g.pick("task.shot", "local.listed", "values(task.row)", "[task.one, task.cell[\"p/9\"], 3]")
	}
	switch g.random.IntN(5) {
	case 0:
		return fmt.Sprintf("values(%s)", g.object(depth-1))
	case 1:
		return fmt.Sprintf("concat(%s, %s)", g.tuple(depth-1), g.tuple(depth-1))
	case 2:
		return g.loop(`[for KEY, VAL in OVER : BODY IF]`, g.tuple(depth-1))
	default:
		return g.loop(`[for KEY, VAL in OVER : BODY IF]`, g.object(depth-1))
	}
}

// loop fills in the pattern of a for expression.
func (g *generator) loop(pattern, over string) string {
	g.names++
	body := g.pick(`VAL`, `VAL`, `[KEY, VAL]`, `{ k = KEY, v = VAL }`, `try(VAL.task_id, VAL.v.task_id, KEY)`, `"${KEY} ${jsonencode(VAL)}"`,
		`[VAL, task.one.task_id]`, `KEY`, `[for w in [VAL] : { (KEY) = w }]`, `"${KEY}" == "b" ? "known" : jsonencode(VAL)`)
	condition := g.pick(``, ``, `if KEY != "a"`, `if "${KEY}" != "1"`)
	filled := strings.NewReplacer("BODY", body, "IF", condition).Replace(pattern)
	return strings.NewReplacer("KEY", fmt.Sprintf("k%d", g.names), "VAL", fmt.Sprintf("v%d", g.names), "OVER", over).Replace(filled)
}
