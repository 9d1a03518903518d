package spec

import (
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// edgesOf are the addresses without what all have in common.
func edgesOf(addresses []task.Address) string {
	var names []string
	for _, a := range addresses {
		names = append(names, strings.NewReplacer("task.", "", `"`, "").Replace(a.String()))
	}
	return strings.Join(names, " ")
}

const (
	heroes = "hero[a] hero[b] hero[c]"
	shots  = "shot[0] shot[1] shot[2]"
	grid   = "grid[p/1] grid[p/2] grid[q/1] grid[q/2]"
)

// edges are what task.user["a"] waits for with each of the expressions as its
// input: {} over upstream, with the locals below and each.value = { k = "b", n = 1 }.
var edges = []struct{ expr, want string }{
	// An index.
	{`task.one.urls[0]`, "one"},
	{`task["one"].urls[0]`, "one"},
	{`task.hero["a"].urls[0]`, "hero[a]"},
	{`task.hero.a.urls[0]`, "hero[a]"},
	{`task.hero[each.key].urls[0]`, "hero[a]"},
	{`task.hero["${each.key}"].urls[0]`, "hero[a]"},
	{`task.hero[(each.key)].urls[0]`, "hero[a]"},
	{`task.hero[each.value.k].urls[0]`, "hero[b]"},
	{`task.hero[each.value["k"]]["urls"][0]`, "hero[b]"},
	{`task.hero[lower(upper(each.key))].urls[0]`, "hero[a]"},
	{`task.hero[var.yes ? "b" : "c"].urls[0]`, "hero[b]"},
	{`task.hero[local.pick].urls[0]`, "hero[c]"},
	{`task.hero[local.picks[each.key]].urls[0]`, "hero[b]"},
	{`task.hero[lookup(local.picks, each.key, "c")].urls[0]`, "hero[b]"},
	{`task.hero[keys(local.picks)[0]].urls[0]`, "hero[a]"},
	{`task.hero[one(["b"])].urls[0]`, "hero[b]"},
	{`task.hero[try(each.value.none, "b")].urls[0]`, "hero[b]"},
	{`task.hero[sensitive("b")].urls[0]`, "hero[b]"},
	{`task.shot[1].urls[0]`, "shot[1]"},
	{`task.shot[each.value.n].urls[0]`, "shot[1]"},
	{`task.shot["1"].urls[0]`, "shot[1]"},
	{`task.shot[length(local.picks)].urls[0]`, "shot[2]"},
	{`task.grid["p/2"].urls[0]`, "grid[p/2]"},
	{`task.grid["p/${each.value.n}"].urls[0]`, "grid[p/1]"},
	{`task.hero["a"].urls[task.shot[0].cost == null ? 0 : 1]`, "hero[a] shot[0]"},

	// A key that only a result tells, or a for expression gives.
	{`try(task.hero[task.one.result.none], 1) == 1 ? "x" : "y"`, heroes + " one"},
	{`[for k in ["a", "b"] : task.hero[k].urls[0]]`, heroes},
	{`[for k in ["a"] : task.shot[each.value.n].urls[0]]`, "shot[1]"},
	{`[for k in ["a"] : task.hero[each.key].urls[0]]`, "hero[a]"},
	{`["a", "b"][*] == [] ? "x" : task.hero[local.late_key == "" ? "a" : "b"].task_id`, heroes + " one"},

	// A whole task.
	{`keys(task.hero)`, heroes},
	{`length(task.shot)`, shots},
	{`values(task.hero)[*].urls[0]`, heroes},
	{`values(task.hero)[0].task_id`, heroes},
	{`task.shot[*].urls[0]`, shots},
	{`task.shot.*.task_id`, shots},
	{`task.one[*].task_id`, "one"},
	{`one(task.one[*].task_id)`, "one"},
	{`one([task.hero["b"].task_id])`, "hero[b]"},
	{`lookup(task.hero, "b", null).task_id`, heroes},
	{`lookup({ x = task.hero["b"].task_id }, "x", task.one.task_id)`, "hero[b] one"},
	{`element(task.shot, 1).task_id`, shots},
	{`[for k, t in task.hero : t.urls[0] if k == "a"]`, heroes},
	{`{ for k, t in task.grid : k => t.task_id }`, grid},
	{`jsonencode({ for k, t in task.hero : t.input.prompt => k... })`, heroes},
	{`merge(task.hero, {})["a"].task_id`, heroes},
	{`concat(task.shot, [task.one])[3].task_id`, "one " + shots},
	{`zipmap(["x"], [task.hero["c"].task_id])`, "hero[c]"},
	{`contains(keys(task.hero), "a")`, heroes},
	{`flatten([values(task.hero)[*].urls, task.shot[0].urls])`, heroes + " shot[0]"},

	// What is not reached counts as well.
	{`true ? "x" : task.one.task_id`, "one"},
	{`var.yes ? task.hero["a"].task_id : task.hero["b"].task_id`, "hero[a] hero[b]"},
	{`false && task.one.task_id == "" ? "x" : "y"`, "one"},
	{`try(task.hero["a"].urls[9], task.one.urls[0], "x")`, "hero[a] one"},
	{`try(task.hero["none"].urls[0], "x")`, ""},
	{`can(task.hero[each.key].urls[9]) ? "x" : "y"`, "hero[a]"},
	{`coalesce("x", task.one.task_id)`, "one"},
	{`[for x in [] : task.one.task_id]`, "one"},

	// Texts and templates.
	{`"${task.one.task_id}"`, "one"},
	{`"a ${task.hero[each.key].task_id} b ${task.shot[0].task_id}"`, "hero[a] shot[0]"},
	{`"%{if var.yes}${task.one.task_id}%{else}${task.shot[2].task_id}%{endif}"`, "one shot[2]"},
	{`"%{for t in task.shot}${t.task_id}%{endfor}"`, shots},
	{`"%{for k in ["a"]}${task.hero[k].task_id}%{endfor}"`, heroes},
	{"<<-T\n    ${task.hero[\"b\"].task_id}\n  T\n", "hero[b]"},
	{`templatestring("$${x}", { x = task.one.task_id })`, "one"},
	{`format("%s-%s", task.one.task_id, task.shot[each.value.n].task_id)`, "one shot[1]"},

	// Locals between.
	{`local.direct`, "one"},
	{`local.over`, "one"},
	{`local.all["b"]`, "hero[b]"},
	{`local.all.b`, "hero[b]"},
	{`local.all[*].b`, heroes},
	{`local.tasks.c.urls[1]`, "hero[c]"},
	{`local.tasks["c"]["urls"][1]`, "hero[c]"},
	{`local.tasks.c.input.prompt`, "hero[c]"},
	{`local.list[1]`, "shot[1]"},
	{`local.list.1`, "shot[1]"},
	{`local.grouped.c[0]`, "hero[c]"},
	{`local.merged.a`, "one"},
	{`local.mixed.plain`, ""},
	{`local.mixed.late`, "hero[b]"},
	{`local.single.urls[0]`, "one"},
	{`[local.all.b, local.all[each.key]]`, "hero[a] hero[b]"},
	{`[local.all.b, length(local.all)]`, heroes},
	{`[for local in [{ all = { b = "x" } }] : local.all.b]`, ""},
	{`try(local.some.c, "none")`, ""},
	{`local.picks[each.key]`, ""},

	// An element of a local.
	{`local.all[each.key]`, "hero[a]"},
	{`local.all[each.value.k]`, "hero[b]"},
	{`local.all[sensitive(each.key)]`, "hero[a]"},
	{`local.tasks[each.key].urls[1]`, "hero[a]"},
	{`local.list[each.value.n]`, "shot[1]"},
	{`local.list[tostring(each.value.n)]`, "shot[1]"},
	{`local.some["${each.value.k}"]`, "hero[b]"},
	{`local.twice[each.key]`, "hero[a]"},
	{`local.pairs[each.key]`, "hero[a] one"},
	{`local.merged[each.key]`, "one"},
	{`local.merged[each.value.k]`, "hero[b]"},
	{`local.objects[each.key].k`, "hero[a]"},
	{`local.objects[each.key]`, "hero[a]"},
	{`local.mixed["pl${"ain"}"]`, ""},
	{`local.grouped[each.key][0]`, "hero[a]"},
	{`[for k in ["a"] : local.all[each.key]]`, "hero[a]"},
	{`[for k in ["a"] : local.all[k]]`, heroes},
	{`"${local.all[each.key]} ${local.all[each.value.k]} ${local.direct}"`, "hero[a] hero[b] one"},
	{`[local.all[each.key], keys(local.all)]`, heroes},
	{`try(local.some[each.key], "none")`, "hero[a]"},
	{`try(local.some["${each.key}c"], "none")`, ""},
	{`local.all[local.late_key == "" ? "a" : each.key]`, heroes + " one"},

	// Names that are not tasks.
	{`[for task in [{ one = "x" }] : task.one]`, ""},
	{`[for one in ["x"] : one]`, ""},
	{`{ task = "x" }.task`, ""},
	{`"task.one.task_id"`, ""},
	{`"$${task.one.task_id}"`, ""},
	{`each.value.k`, ""},
}

const edgeLocals = `
locals {
  pick     = "c"
  picks    = { a = "b", c = "a" }
  late_key = task.one.task_id
  direct   = task.one.urls[0]
  over     = "${local.direct}, ${local.pick}"
  all      = { for k, t in task.hero : k => t.task_id }
  list     = [for t in task.shot : t.task_id]
  tasks    = task.hero
  single   = task.one
  some     = { for k, t in task.hero : k => t.task_id if k != "c" }
  twice    = { for k, id in local.all : k => "${id}, ${id}" }
  pairs    = { for k, t in task.hero : k => [t.task_id, task.one.task_id] }
  merged   = merge(local.all, { a = task.one.task_id })
  objects  = { for k, t in task.hero : k => { k = k, id = t.task_id } }
  grouped  = { for k, t in task.hero : k => t.task_id... }
  mixed    = { plain = "x", late = task.hero["b"].task_id }
}
`

// An edge too few is a request with the wrong input, which is paid for: with the
// results of its edges alone, the input must be what it is with all results.
func TestEdgesThroughEveryFormOfExpression(t *testing.T) {
	for _, c := range edges {
		t.Run(c.expr, func(t *testing.T) {
			s := load(t, upstream+edgeLocals+`
task "user" {
  for_each = { a = { k = "b", n = 1 } }
  model    = "kling-2-6"
  input    = {
    value = `+c.expr+`
  }
}`)
			i := instance(t, s, `task.user["a"]`)
			if got := edgesOf(i.DependsOn); got != c.want {
				t.Errorf("after %q, want %q", got, c.want)
			}
			whole, err := i.Evaluate(everythingRan, nil)
			if err != nil || !whole.Known {
				t.Fatalf("with all results: known %v, %v", whole.Known, err)
			}
			own, err := i.Evaluate(only(i.DependsOn), nil)
			if err != nil || !own.Known || own.Request.Fingerprint() != whole.Request.Fingerprint() {
				t.Errorf("with the results of its edges: known %v, %s, %v; with all: %s", own.Known, own.Request.Input, err, whole.Request.Input)
			}
			for n := range i.DependsOn {
				most := append(append([]task.Address{}, i.DependsOn[:n]...), i.DependsOn[n+1:]...)
				if without, err := i.Evaluate(only(most), nil); err != nil || without.Known {
					t.Errorf("without %s: known %v, %v", i.DependsOn[n], without.Known, err)
				}
			}
		})
	}
}

// only looks up no other instances than these.
func only(addresses []task.Address) Lookup {
	known := make(map[task.Address]bool)
	for _, a := range addresses {
		known[a] = true
	}
	return func(a task.Address) (task.Outcome, bool) {
		if !known[a] {
			return task.Outcome{}, false
		}
		return everythingRan(a)
	}
}

func TestEdgesOfEachValueOfATask(t *testing.T) {
	for _, c := range []struct{ forEach, expr, at, want string }{
		{"task.hero", "each.value.task_id", `task.user["b"]`, "hero[b]"},
		{"task.hero", "each.value", `task.user["b"]`, "hero[b]"},
		{"task.hero", `"plain"`, `task.user["b"]`, "hero[b]"},
		{"task.hero", "[for u in each.value.urls : u]", `task.user["c"]`, "hero[c]"},
		{"task.hero", "[each.value.task_id, task.shot[0].task_id]", `task.user["c"]`, "hero[c] shot[0]"},
		{"task.hero", "values(task.hero)[*].task_id", `task.user["c"]`, heroes},
		{"task.grid", "each.value.urls[0]", `task.user["q/1"]`, "grid[q/1]"},
		{"{ x = task.one, y = task.shot[1] }", "each.value.task_id", `task.user["y"]`, "shot[1]"},
		{"local.over", "each.value", `task.user["b"]`, "hero[b]"},
	} {
		s := load(t, upstream+`
locals {
  over = { for k, t in task.hero : k => t.task_id }
}
task "user" {
  for_each = `+c.forEach+`
  model    = "kling-2-6"
  input    = { value = `+c.expr+` }
}`)
		if got := edgesOf(instance(t, s, c.at).DependsOn); got != c.want {
			t.Errorf("for_each = %s, %s: %s after %q, want %q", c.forEach, c.expr, c.at, got, c.want)
		}
	}
}

func TestEdgesOfWhatIsNotTheInput(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{`depends_on = [task.one]`, "one"},
		{`depends_on = [task.hero]`, heroes},
		{`depends_on = [task.hero[each.key], task.shot[0]]`, "hero[a] shot[0]"},
		{"precondition {\n    condition = task.one.task_id != \"\"\n    error_message = \"x\"\n  }", "one"},
		{"precondition {\n    condition = true\n    error_message = \"x ${task.shot[2].task_id}\"\n  }", "shot[2]"},
		{"postcondition {\n    condition = self.cost < task.hero[each.key].cost\n    error_message = \"x\"\n  }", "hero[a]"},
		{"lifecycle {\n    replace_triggered_by = [task.one]\n  }", "one"},
	} {
		s := load(t, upstream+`
task "user" {
  for_each = { a = 1 }
  model    = "kling-2-6"
  input    = { value = "x" }
  `+c.lines+`
}`)
		if got := edgesOf(instance(t, s, `task.user["a"]`).DependsOn); got != c.want {
			t.Errorf("%s: after %q, want %q", c.lines, got, c.want)
		}
	}
}
