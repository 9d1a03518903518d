task "hero" {
  model = "nano-banana"
  input = {}
  retry {
    max_attempts = 2
  }
  retry {
    max_attempts = 2
  }
  poll {
    frist = "1s"
  }
}
task "bare" {
}
