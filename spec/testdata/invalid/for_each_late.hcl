task "hero" {
  for_each = { a = 1, b = 2 }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "single" {
  model = "nano-banana"
  input = { prompt = "x" }
}
task "by_result" {
  for_each = { for t in task.hero : t.task_id => t }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "if_result" {
  for_each = { for k, t in task.hero : k => t if t.cost > 1 }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "of_result" {
  for_each = toset(task.single.urls)
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "a_list" {
  for_each = values(task.hero)
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "duplicate" {
  for_each = { for k, t in task.hero : "same" => t }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "missing" {
  for_each = { for k in ["a", "c"] : k => task.hero[k] }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "attribute" {
  for_each = { for k, t in task.hero : k => t.url }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
