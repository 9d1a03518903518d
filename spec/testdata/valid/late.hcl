# Blocks in the wrong order, references forwards.
task "last" {
  model = "kling-2-6"
  input = { image_urls = [task.middle.urls[0]] }
}
task "middle" {
  model = "nano-banana"
  input = { image_urls = [task.first.urls[0]] }
}
task "first" {
  model = "nano-banana"
  input = { prompt = "x" }
}
