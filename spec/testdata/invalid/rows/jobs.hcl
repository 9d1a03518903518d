locals {
  rows  = csvdecode(file("rows.csv"))
  lines = jsonldecode(file("lines.jsonl"))
}
task "duplicate" {
  for_each = local.rows
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}
task "by_map" {
  for_each = { for r in local.rows : r.id => r }
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}
task "changed" {
  for_each = [for r in local.rows : merge(r, { extra = 1 })]
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}
task "numbers" {
  for_each = { for i, r in local.rows : "k${i}" => merge(r, { seed = tonumber(r.seed) }) }
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}
task "lines" {
  for_each = local.lines
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "no_key" {
  for_each = local.rows
  model    = "nano-banana"
  input    = { prompt = each.value.prompt }
}
