task "shot" {
  model = "nano-banana"
  count = 3
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1", seed = tonumber("x${count.index}") }
}
