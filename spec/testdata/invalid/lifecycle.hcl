variable "names" {
  default = ["input.seed"]
}

task "hero" {
  model = "nano-banana"
  input = { prompt = "a", mode = "text-to-image", aspect_ratio = "1:1" }
  lifecycle {
    ignore_changes       = [input.seed, input, input.a.b, "input.seed", model]
    prevent_regenerate   = "perhaps"
    replace_triggered_by = [task.other, var.names]
    prevent_destroy      = true
  }
}

task "clip" {
  model = "nano-banana"
  input = { prompt = "a", mode = "text-to-image", aspect_ratio = "1:1" }
  lifecycle {
    ignore_changes       = var.names
    replace_triggered_by = [task.clip]
  }
  lifecycle {
  }
}

task "shot" {
  model = "nano-banana"
  input = { prompt = "a", mode = "text-to-image", aspect_ratio = "1:1" }
  lifecycle {
    precondition {
      condition     = true
      error_message = "Never."
    }
    postcondition {
      condition     = true
      error_message = "Never."
    }
  }
}
