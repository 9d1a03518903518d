task "hero" {
  for_each = { cat = 1, dog = 2 }
  model    = "nano-banana"
  input    = {}
}
task "base" {
  model = "nano-banana"
  input = { url = task.base2.url }
}
task "base2" {
  model = "nano-banana"
  input = { a = each.key }
}
task "splat" {
  model = "nano-banana"
  input = { a = task.hero[*].urls, b = task.base2.urls.x }
}
task "each" {
  for_each = task.hero
  model    = "nano-banana"
  input    = { a = each.value.files2, b = each.vlue }
}
