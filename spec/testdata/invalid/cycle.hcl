task "a" {
  model = "nano-banana"
  input = { x = task.b.urls }
}
task "b" {
  model      = "nano-banana"
  input      = {}
  depends_on = [task.c]
}
task "c" {
  for_each = task.d
  model    = "nano-banana"
  input    = {}
}
task "d" {
  count = 2
  model = "nano-banana"
  input = { x = local.through }
}
locals {
  through = task.a.urls
}
task "self" {
  count = 2
  model = "nano-banana"
  input = { x = task.self[0].urls }
}
