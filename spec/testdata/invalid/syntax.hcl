task "hero" {
  model = "nano-banana
  input = {
}
