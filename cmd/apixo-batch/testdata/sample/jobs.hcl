batch {
  parallelism = 32                # tasks in flight at the API at the same time
  budget      = 25.00             # USD for this state, all runs together
  output      = "out/${self.name}/${self.key}-${result.index}.${result.ext}"
  on_in_doubt = "hold"            # or "resubmit": printed and counted
}

apixo {
  provider = "value"              # base_url, provider; the key comes from the environment only
}

model "nano-banana" {             # overrides of the catalog: prices and limits move
  price         = { usd = 0.03, per = "image" } # or a number of USD per task
  max_in_flight = 200
  rate          = "600/min"
  poll {
    first        = "5s"
    interval     = "3s"
    max_interval = "30s"
  }
}

variable "styles" {
  type    = list(string)
  default = ["noir", "watercolour"]
}

locals {
  rows = csvdecode(file("prompts.csv"))
}

task "hero" {
  model    = "nano-banana"
  for_each = { for r in local.rows : r.id => r }
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value.prompt}, ${var.styles[0]}"
    aspect_ratio = "16:9"
  }
  retry {
    max_attempts = 2
  }
}

task "grid" {
  model = "nano-banana"
  matrix {                        # or for_each, or count
    style = var.styles
    seed  = [1, 2]
  }
  input = { mode = "text-to-image", prompt = "a harbour, ${matrix.style}", aspect_ratio = "1:1", seed = matrix.seed }
}

task "clip" {
  for_each = task.hero            # same keys; an edge per instance, not per block
  model    = "kling-2-6"
  input    = { mode = "image-to-video", prompt = "slow push in", image_urls = [each.value.urls[0]], duration = 5, sound = false }
  timeout  = "15m"
}

output "heroes" {
  value = { for k, t in task.hero : k => t.files }
}
