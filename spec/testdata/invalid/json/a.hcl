task "hero" {
  model = "nano-banana"
  input = { prompt = "x" }
}
