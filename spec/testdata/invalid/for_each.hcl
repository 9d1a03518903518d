variable "secret" {
  default   = { a = 1 }
  sensitive = true
}
variable "nothing" {
  type    = map(string)
  default = null
}
task "list" {
  for_each = ["a", "b"]
  model    = "nano-banana"
  input    = {}
}
task "null" {
  for_each = var.nothing
  model    = "nano-banana"
  input    = {}
}
task "sensitive" {
  for_each = var.secret
  model    = "nano-banana"
  input    = {}
}
task "volatile" {
  for_each = { (uuid()) = 1 }
  model    = "nano-banana"
  input    = {}
}
task "text" {
  for_each = "abc"
  model    = "nano-banana"
  input    = {}
}
task "numbers" {
  for_each = toset([1, 2])
  model    = "nano-banana"
  input    = {}
}
task "objects" {
  for_each = toset([{ a = 1 }])
  model    = "nano-banana"
  input    = {}
}
task "empty_key" {
  for_each = { a = 1, " " = 2 }
  model    = "nano-banana"
  input    = {}
}
task "spaces" {
  for_each = toset(["a", "a "])
  model    = "nano-banana"
  input    = {}
}
task "huge" {
  count = 250001
  model = "nano-banana"
  input = {}
}
task "fraction" {
  count = 1.5
  model = "nano-banana"
  input = {}
}
task "negative" {
  count = -1
  model = "nano-banana"
  input = {}
}
task "no_count" {
  count = null
  model = "nano-banana"
  input = {}
}
task "clock" {
  count = length(timestamp())
  model = "nano-banana"
  input = {}
}
task "null_key" {
  for_each = toset(["a", null])
  model    = "nano-banana"
  input    = {}
}
