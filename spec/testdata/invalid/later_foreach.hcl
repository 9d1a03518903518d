task "hero" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = {}
}
task "clip" {
  for_each = { for k, t in task.hero : k => t.urls[0] }
  model    = "kling-2-6"
  input    = {}
}
