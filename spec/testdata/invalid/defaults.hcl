defaults {
  model  = "nano-banana"
  count  = 3
  input  = { prompt = task.hero.urls[0] }
  retry {
    max_attempts = 0
  }
}

defaults {
}

task "hero" {
  input = {}
}
