task "a" {
  for_each = { for k, t in task.b : k => k }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "b" {
  for_each = local.over
  model    = "nano-banana"
  input    = { prompt = "x" }
}
locals {
  over = merge(task.a, {})
}
