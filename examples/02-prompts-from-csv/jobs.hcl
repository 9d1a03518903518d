# One picture or more for each row of prompts.csv, as a spreadsheet saves it.
#
#   apixo-batch plan -simulate examples/02-prompts-from-csv
#   apixo-batch apply -simulate examples/02-prompts-from-csv
#
# Edit a row and plan again: only that row is bought again. Sort the file or add
# rows: nothing of what is there is bought again, because the id names it.

batch {
  # Reserved before each submit and never crossed, all runs together.
  budget = 2.00

  # The files lie as the rows are called: pictures/sage-0.png, pictures/sage-1.png.
  output = "pictures/${self.key}-${result.index}.${result.ext}"
}

variable "style" {
  type    = string
  default = "botanical illustration, ink and gouache on cream paper"
}

locals {
  rows = csvdecode(file("prompts.csv"))
}

task "herb" {
  model    = "seedream-4-5"
  for_each = local.rows
  key      = each.value.id # task.herb["sage"]; two rows of one id are an error
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value.subject}, ${var.style}"
    aspect_ratio = each.value.aspect_ratio
    max_images   = tonumber(each.value.variants) # the cells of a CSV file are text
  }
}

output "pictures" {
  value = { for id, herb in task.herb : id => herb.files }
}
