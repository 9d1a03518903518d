locals {
  prompts = csvdecode(file("prompts.csv"))
  more    = tsvdecode(file("more.tsv"))
  lines   = jsonldecode(file("lines.jsonl"))
}

# A list keeps its order.
task "list" {
  for_each = local.prompts
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = each.value.prompt, seed = tonumber(each.value.seed) }
}

task "both" {
  for_each = concat(local.prompts, local.more)
  key      = "${each.value.id}-${each.value.seed}"
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}

task "objects" {
  for_each = local.lines
  key      = each.value.n
  model    = "nano-banana"
  input    = { prompt = each.value.prompt, tags = each.value.tags }
}

task "texts" {
  for_each = ["b", "a"]
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = each.value }
}

task "set" {
  for_each = toset([3, 20])
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = each.value }
}
