task "hero" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "no_for_each" {
  key   = "x"
  model = "nano-banana"
  input = { prompt = "x" }
}
task "task" {
  for_each = task.hero
  key      = each.value.input.prompt
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "own" {
  for_each = ["a"]
  key      = each.key
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "result" {
  for_each = ["a"]
  key      = task.hero["a"].task_id
  model    = "nano-banana"
  input    = { prompt = "x" }
}
