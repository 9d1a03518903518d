task "hero" {
  model  = "nano-banana"
  source = "prompts.csv"
  retry {
    on = ["content_policy"]
  }
  input = {}
}
