locals {
  rows = csvdecode(file("rows.csv"))
}
task "clip" {
  for_each = local.rows
  key      = each.value.id
  model    = "kling-2-6"
  input    = { mode = "text-to-video", prompt = each.value.prompt, sound = false, duration = tonumber(each.value.seconds) }
}
task "one" {
  model = "kling-2-6"
  input = { mode = "text-to-video", prompt = "x", sound = false, duration = sum([for r in local.rows : tonumber(r.seconds)]) }
}
