task "single" {
  model = "nano-banana"
  input = {}
}
task "over_single" {
  for_each = task.single
  model    = "nano-banana"
  input    = {}
}
task "both" {
  for_each = {}
  count    = 1
  model    = "nano-banana"
  input    = {}
}
task "count" {
  count = length(task.single.urls)
  model = "nano-banana"
  input = {}
}
task "model" {
  model = task.single.result.model
  input = {}
}
