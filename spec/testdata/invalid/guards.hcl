task "hero" {
  model = "nano-banana"
  input = { prompt = "a", mode = "text-to-image", aspect_ratio = "1:1" }
  precondition {
    condition = self.files[0].bytes > 1
  }
  precondition {
    condition     = var.missing
    error_message = "no"
  }
  postcondition {
    condition     = self.url != ""
    error_message = task.other.urls[0]
  }
}
