task "hero" {
  model = "nano-banana"
  input = {}
  retry {
    max_attempts = 1.5
    calls        = ["400"]
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
task "9x" {
  model = "nano-banana"
  input = {}
}
