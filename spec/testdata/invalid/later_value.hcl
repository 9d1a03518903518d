batch {
  on_in_doubt = "resubmit"
}
task "hero" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = {}
}
