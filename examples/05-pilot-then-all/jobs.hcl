# Buy two of each task, look at them, then buy the rest.
#
#   apixo-batch apply -simulate -limit=2 examples/05-pilot-then-all
#   apixo-batch apply -simulate examples/05-pilot-then-all
#
# The pilot is no rehearsal: what it bought is done, and the second run leaves it
# alone. If the pilot shows that the style is wrong, change it before the second
# run: plan then shows what was bought with the old one as ~, to be made again.

batch {
  budget = 5.00
}

variable "style" {
  type    = string
  default = "flat icon, two colours, rounded shapes, no text"
}

# 24 icons, in the order of the list: a pilot takes the first.
locals {
  icons = [
    "anchor", "anvil", "apple", "barn", "bell", "bicycle", "bridge", "broom",
    "candle", "carrot", "clock", "compass", "drum", "feather", "hammer", "kettle",
    "key", "ladder", "lantern", "oar", "pear", "plough", "sail", "wheel",
  ]
}

task "icon" {
  model    = "nano-banana"
  for_each = local.icons
  key      = each.value
  input = {
    mode          = "text-to-image"
    prompt        = "${each.value}, ${var.style}"
    aspect_ratio  = "1:1"
    output_format = "png"
  }
}

# The same icon for a dark page. With -limit, whatever a chosen instance is made
# from is bought too, and counts as chosen.
task "dark" {
  model    = "flux-kontext"
  for_each = task.icon
  input = {
    mode         = "pro"
    prompt       = "the same icon in white on a black background"
    image_urls   = [each.value.urls[0]]
    aspect_ratio = "1:1"
  }
}
