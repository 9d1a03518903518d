task "hero" {
  for_each = { cat = 1, dog = 2 }
  model    = "nano-banana"
  input    = {}
}
task "shot" {
  count = 2
  model = "nano-banana"
  input = {}
}
task "none" {
  count = 0
  model = "nano-banana"
  input = {}
}
task "clip" {
  for_each = toset(["cot", "dog", "dig"])
  model    = "kling-2-6"
  input    = { a = task.hero[each.key].urls, b = task.shot[2].urls, c = task.shot.urls, d = task.none[0].urls }
}
task "attribute" {
  model = "kling-2-6"
  input = { a = task.hero.urls }
}
task "after" {
  model      = "kling-2-6"
  input      = {}
  depends_on = [task.hero["bird"]]
}
