model "gpt-image-1" {
  price = 0.05
}

model "wan-2-5" {
  price = 0.05
}

model "grok-image" {
  price = 0.05
}

model "minimax-image-01" {
  price = 0.05
}

model "model-of-tomorrow" {
  price = 0.05
}

model "midjourney" {
  price = 0.05
}

model "veo-3-1" {
  price = 0.05
}

model "nano-banana" {
  price = { usd = 0.05, per = "task" }
}

task "nine" {
  model = "minimax-image-01"
  input = { mode = "text-to-image", prompt = "x", num_images = 9 }
}

task "four" {
  model = "model-of-tomorrow"
  count = 2
  input = { prompt = "x", n = "4" }
}

task "one" {
  model = "minimax-image-01"
  input = { mode = "text-to-image", prompt = "x", num_images = 1 }
}

task "settled" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
