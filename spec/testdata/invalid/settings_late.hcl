task "hero" {
  model = "nano-banana"
  input = {}
  retry {
    max_attempts = 0
    calls        = ["400"]
  }
}
task "unnamed" {
  model = null
  input = {}
}
task "source" {
  for_each = task.each
  model    = each.value.result.model
  input    = {}
}
task "each" {
  for_each = { a = "5 m", b = "1m", c = "6 m" }
  model    = "nano-banana"
  input    = {}
  timeout  = each.value
}
