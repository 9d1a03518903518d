# Settings that change from run to run are variables. Their values come from
# apixo.vars.hcl beside this file, and what is on the command line wins, as in
# -var=style=linocut.
#
#   apixo-batch apply -simulate examples/07-variables

variable "style" {
  type        = string
  default     = "watercolour"
  description = "How everything is drawn."

  validation {
    condition     = length(var.style) > 0 && !strcontains(var.style, "\n")
    error_message = "A style is a few words on one line."
  }
}

# An attribute that is optional() may be left out; its default stands for it.
variable "scenes" {
  type = map(object({
    prompt       = string
    aspect_ratio = optional(string, "1:1")
    copies       = optional(number, 1)
  }))

  validation {
    condition     = alltrue([for s in values(var.scenes) : s.copies >= 1 && s.copies <= 4])
    error_message = "copies is from 1 to 4."
  }
}

locals {
  # One entry for each copy: "harbour-1", "harbour-2" ...
  pictures = merge([
    for name, scene in var.scenes : {
      for n in range(scene.copies) : "${name}-${n + 1}" => merge(scene, { number = n + 1 })
    }
  ]...)
}

task "scene" {
  model    = "nano-banana"
  for_each = local.pictures

  input = {
    mode         = "text-to-image"
    prompt       = "${each.value.prompt}, ${var.style}, variation ${each.value.number}"
    aspect_ratio = each.value.aspect_ratio
  }
}

output "pictures" {
  value = { for name, t in task.scene : name => t.files }
}
