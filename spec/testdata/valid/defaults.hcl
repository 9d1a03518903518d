# What defaults say counts for each task that does not say it itself.
batch {
  timeout  = "20m"
  provider = "slow"
}

variable "secret" {
  default   = "hidden words"
  sensitive = true
}

model "seedream-4-5" {
  timeout = "30m"
  retry {
    max_attempts = 5
  }
}

defaults {
  model    = "nano-banana"
  provider = "value"
  output   = "pics/${self.name}.${result.ext}"
  input    = { mode = "text-to-image", aspect_ratio = "16:9", negative_prompt = "text" }
  retry {
    max_attempts = 3
  }
}

task "plain" {
  input = { prompt = "a pier" }
}

task "own" {
  model    = "seedream-4-5"
  provider = "own"
  input    = { prompt = "a quay", aspect_ratio = "1:1", negative_prompt = null }
}

task "nothing" {
  allow_duplicates = true
}

task "uses" {
  for_each = toset(["a"])
  input    = merge({ prompt = each.key }, { mode = "image-to-image", image_urls = [task.plain.urls[0]] })
  precondition {
    condition     = task.own.cost < 1 && length(self.input.prompt) > 0
    error_message = "too dear"
  }
  postcondition {
    condition     = self.files[0].bytes > 10240 && length(self.urls) == 1 && try(self.result.seed, 0) >= 0
    error_message = "${self.files[0].path} is too small"
  }
  lifecycle {
    ignore_changes       = [input.prompt, input["aspect_ratio"]]
    prevent_regenerate   = true
    replace_triggered_by = [task.nothing]
  }
}
