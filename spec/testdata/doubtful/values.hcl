task "still" {
  model = "nano-banana"
  input = {
    mode          = "image-to-image"
    prompt        = "x"
    aspect_ratio  = "2:1"
    output_format = "jpg"
    image_urls    = "https://example.com/a.png"
  }
}

task "clip" {
  model = "sora-2"
  input = {
    mode         = "text-to-video"
    prompt       = task.still.urls[0]
    duration     = 6
    image_urls   = [task.still.urls[0]]
    aspect_ratio = "landscap"
  }
}

task "whole" {
  model = "sora-2"
  input = merge({ mode = "text-to-video", prompt = "x" }, { n_frames = "10" })
}

task "waits" {
  model = "nano-banana"
  input = { prompt = task.still.urls[0], promt = task.still.task_id, aspect_ratio = "1:1" }
}

model "nano-bananna" {
  price = 0.03
}

model "model-of-tomorrow" {
  price = { usd = 0.08, per = "second" }
}

task "declared" {
  model = "model-of-tomorrow"
  input = { anything = 1 }
}
