batch {
  parallelism = 32
  budget      = 25.00
}
apixo {
  provider = "value"
}
model "nano-banana" {
  price         = { usd = 0.03, per = "image" }
  max_in_flight = 200
  rate          = "600/min"
  poll {
    first = "5s"
  }
}
variable "styles" {
  type    = list(string)
  default = ["noir", "watercolour"]
}
locals {
  rows = csvdecode(<<-T
    id,prompt
    cat,a cat
    dog,a dog
  T
  )
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
task "clip" {
  for_each = task.hero
  model    = "kling-2-6"
  input    = { mode = "image-to-video", prompt = "slow push in", image_urls = [each.value.urls[0]], duration = 5, sound = false }
  timeout  = "15m"
}
output "heroes" {
  value = { for k, t in task.hero : k => t.files }
}
