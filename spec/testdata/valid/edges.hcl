variable "pick" {
  default = "b"
}

locals {
  first = task.base.urls[0]          # late: goes through a task
  both  = [local.first, "x"]
  plain = "c"
}

task "base" {
  model = "nano-banana"
  input = { prompt = "base" }
}

task "hero" {
  for_each = toset(["a", "b", "c"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}

task "shot" {
  count = 3
  model = "nano-banana"
  input = { prompt = "shot ${count.index}" }
}

task "literal" {
  model = "kling-2-6"
  input = { image_urls = [task.hero["a"].urls[0], task.hero.b.urls[0], task.shot[1].urls[0]] }
}

task "by_key" {
  for_each = { a = 1, c = 2 }
  model    = "kling-2-6"
  input    = { image_urls = [task.hero[each.key].urls[0]], prompt = task.hero[var.pick].input.prompt }
}

task "by_index" {
  count = 2
  model = "kling-2-6"
  input = { image_urls = [task.shot[count.index + 1].urls[0]] }
}

task "by_source" {
  for_each = task.shot
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

task "for_all" {
  model = "kling-2-6"
  input = { image_urls = [for k, t in task.hero : t.urls[0]] }
}

task "for_key" {
  model = "kling-2-6"
  input = { image_urls = [for k in ["a", "b"] : task.hero[k].urls[0]] }
}

task "splat" {
  model = "kling-2-6"
  input = { image_urls = task.shot[*].urls[0] }
}

task "tried" {
  model = "kling-2-6"
  input = { image_urls = [try(task.hero["a"].urls[9], task.base.urls[0], "none")], prompt = try(task.hero["gone"].urls[0], "none") }
}

task "chosen" {
  model = "kling-2-6"
  input = { prompt = true ? "a" : task.hero["b"].task_id }
}

task "template" {
  model = "kling-2-6"
  input = { prompt = "%{ for u in task.base.urls }${u} %{ endfor }${task.shot[0].task_id}" }
}

task "late_local" {
  model = "kling-2-6"
  input = { image_urls = local.both, prompt = local.plain }
}

task "shadowed" {
  model = "kling-2-6"
  input = { prompt = [for task in [{ hero = "no edge" }] : task.hero][0] }
}

task "ordered" {
  for_each   = toset(["a", "b"])
  model      = "kling-2-6"
  input      = { prompt = "x" }
  depends_on = [task.base, task.hero[each.key], task.shot[2]]
}
