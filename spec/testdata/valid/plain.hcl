task "base" {
  model = "nano-banana"
  input = {
    mode         = "text-to-image"
    prompt       = "a harbour, \"},\"model\":\"x"
    aspect_ratio = "1:1"
    seed         = null
  }
}
