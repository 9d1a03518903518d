# A prompt for each file in a directory: a new file is a new picture, and a
# changed one is made again.
#
#   apixo-batch apply -simulate examples/08-prompts-as-files

locals {
  # Each text by the name of its file: "lighthouse" for prompts/lighthouse.txt.
  prompts = {
    for path in fileset("prompts", "*.txt") :
    trimsuffix(path, ".txt") => trimspace(file("prompts/${path}"))
  }
}

task "picture" {
  model    = "nano-banana"
  for_each = local.prompts

  input = {
    mode = "text-to-image"

    # The template holds what all prompts have in common.
    prompt = templatefile("prompt.tftpl", {
      subject = each.value
      avoid   = ["text", "people"]
    })

    aspect_ratio = "1:1"
  }

  output = "pictures/${self.key}.${result.ext}"
}
