variable "skip" {
  default = "c"
}

locals {
  picked = { for k, t in task.hero : "p-${k}" => t if k != var.skip }
}

task "hero" {
  for_each = toset(["a", "b", "c"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}

task "shot" {
  count = 2
  model = "nano-banana"
  input = { prompt = "shot ${count.index}" }
}

task "one" {
  model = "nano-banana"
  input = { prompt = "one" }
}

task "filtered" {
  for_each = { for k, t in task.hero : k => t if k != "b" }
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls, prompt = each.value.input.prompt }
}

task "merged" {
  for_each = merge(task.hero, { for i, t in task.shot : "shot-${i}" => t }, { a = task.one })
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

task "through_local" {
  for_each = local.picked
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

task "computed" {
  for_each = { for k, t in task.hero : k => { first = t.urls[0], base = task.one.urls[0], name = upper(k) } }
  model    = "kling-2-6"
  input    = { image_urls = [each.value.first, each.value.base], prompt = each.value.name }
}

task "nested" {
  for_each = { for k, u in { for k, t in task.hero : "${k}2" => t.urls } : k => u[0] if k != "a2" }
  model    = "kling-2-6"
  input    = { image_urls = [each.value] }
}

task "indexed" {
  for_each = { for pair in setproduct(keys(task.hero), ["x", "y"]) : join("-", pair) => task.hero[pair[0]] }
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

task "listed" {
  for_each = [for k, t in task.hero : { id = "id-${k}", from = t } if k != "a"]
  key      = each.value.id
  model    = "kling-2-6"
  input    = { image_urls = each.value.from.urls }
}

task "values" {
  for_each = values(task.hero)
  key      = each.value.input.prompt
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

# An object as a whole is all of it.
task "whole" {
  for_each = { for k, t in task.hero : k => { first = t.urls[0], n = length(task.shot), all = task.shot[*].urls } }
  model    = "kling-2-6"
  input    = { image_urls = [each.value.first], prompt = each.value.n }
}

# What cannot be taken apart is made from all that is mentioned.
task "opaque" {
  for_each = zipmap(["u", "v"], slice(values(task.hero), 0, 2))
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

# Keys alone are known and make no edge.
task "keys" {
  for_each = toset(keys(task.hero))
  model    = "kling-2-6"
  input    = { image_urls = task.hero[each.key].urls }
}

task "keys_only" {
  for_each = { for k, t in task.hero : k => upper(k) }
  model    = "nano-banana"
  input    = { prompt = each.value }
}
