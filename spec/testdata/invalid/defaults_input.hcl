defaults {
  input = ["a"]
}

task "hero" {
  model = "nano-banana"
}
