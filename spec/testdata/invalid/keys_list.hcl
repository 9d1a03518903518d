variable "secret" {
  default   = "s3"
  sensitive = true
}
task "hero" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "map" {
  for_each = { a = 1 }
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "twice" {
  for_each = [{ id = 1 }, { id = 2 }, { id = "1" }, { id = 1 }]
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "blank" {
  for_each = ["a", " "]
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "null" {
  for_each = ["a", null]
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "object" {
  for_each = [{ id = {} }]
  key      = each.value.id
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "absent" {
  for_each = [{ id = "a" }]
  key      = each.value.name
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "sensitive" {
  for_each = ["a"]
  key      = "${each.value}${var.secret}"
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "volatile" {
  for_each = ["a"]
  key      = uuid()
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "late" {
  for_each = [for t in task.hero : t]
  key      = each.value.task_id
  model    = "nano-banana"
  input    = { prompt = "x" }
}
task "long" {
  for_each = [join("", [for i in range(5000) : "x"])]
  key      = each.value
  model    = "nano-banana"
  input    = { prompt = "x" }
}
