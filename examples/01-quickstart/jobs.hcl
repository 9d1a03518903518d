# Three tasks: images of animals, images of a harbour, and one image made from
# another's. Try it without a key and without money:
#
#   apixo-batch apply -simulate examples/01-quickstart

variable "style" {
  type    = string
  default = "watercolour"
}

# One image for each animal. The key names the image: task.animal["cat"].
task "animal" {
  model = "nano-banana"
  for_each = {
    cat = "a cat on a windowsill"
    fox = "a fox in fresh snow"
    owl = "an owl at dusk"
  }
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value}, ${var.style}"
    aspect_ratio = "1:1"
  }
}

# The same prompt three times; the seed makes them different.
task "harbour" {
  model = "nano-banana"
  count = 3
  input = {
    mode         = "text-to-image"
    prompt       = "a harbour in the morning, ${var.style}, variation ${count.index + 1}"
    aspect_ratio = "16:9"
  }
}

# Waits for the fox, then turns its picture into another one. What is not known
# before the fox has run is planned as "after task.animal["fox"]".
task "night_fox" {
  model = "nano-banana"
  input = {
    mode         = "image-to-image"
    prompt       = "the same scene at night, under stars"
    image_urls   = [task.animal["fox"].urls[0]]
    aspect_ratio = "1:1"
  }
}

output "files" {
  value = concat([for animal in task.animal : animal.files[0]], task.night_fox.files)
}
