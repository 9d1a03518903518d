# What this file declares, apixo-batch makes: it submits each task once, follows
# it to its end and downloads the result.
#
#   apixo-batch apply -simulate jobs.hcl   tries it, without key and money
#   apixo-batch plan jobs.hcl              what it would buy, and at what price
#   apixo-batch apply jobs.hcl             asks, then does it
#
# Run it again after any interruption: nothing is bought twice.

batch {
  # No more than this is ever spent, in US dollars, all runs together.
  budget = 5.00

  # Where results go. self.name is the task, self.key the instance.
  output = "out/${self.name}/${self.key}-${result.index}.${result.ext}"
}

variable "style" {
  type    = string
  default = "watercolour"
}

# One image for each entry. The key names it for good: task.animal["cat"].
# Change a prompt, and only that image is made again.
task "animal" {
  model = "nano-banana"
  for_each = {
    cat = "a cat on a windowsill"
    owl = "an owl at dusk"
  }
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value}, ${var.style}"
    aspect_ratio = "1:1"
  }
}

# A task may use the result of another. It waits for it.
task "night" {
  model = "nano-banana"
  input = {
    mode         = "image-to-image"
    prompt       = "the same scene at night, under stars"
    image_urls   = [task.animal["cat"].urls[0]]
    aspect_ratio = "1:1"
  }
}

output "files" {
  value = concat([for a in task.animal : a.files[0]], task.night.files)
}
