# Conditions that stand between a slip and a bill: before anything is bought, after
# each result, and for what is not to be bought twice.
#
#   apixo-batch apply -simulate examples/09-guards
#
# Empty one of the captions and plan again: nothing is submitted, for any task. Set
# smallest to 1000000 and plan again: the pictures that are there are rejected. They
# stay on disk, nothing is bought anew by itself, and the clip is blocked.

variable "captions" {
  type    = map(string)
  default = { dawn = "a pier at dawn", dusk = "a pier at dusk" }
}

variable "smallest" {
  type    = number
  default = 100 # bytes
}

# Counts for every task that does not say it itself. Inputs are merged.
defaults {
  timeout = "30m"
  input = {
    aspect_ratio = "16:9"
  }
}

task "still" {
  model    = "nano-banana"
  for_each = var.captions
  input = {
    mode   = "text-to-image"
    prompt = each.value
  }

  # Before the submit. What is known when planning is an error of the plan.
  precondition {
    condition     = length(each.value) >= 5
    error_message = "The caption of ${each.key} is too short to pay for."
  }

  # When the files are on disk. A result that fails is kept, and is not used.
  postcondition {
    condition     = self.files[0].bytes >= var.smallest
    error_message = "${self.files[0].path} is too small to be a picture."
  }
}

task "clip" {
  model = "veo-3-1"
  input = {
    mode           = "fast"
    prompt         = "the light changes slowly"
    generationType = "FIRST_AND_LAST_FRAMES_2_VIDEO"
    image_urls     = [for k in ["dawn", "dusk"] : task.still[k].urls[0]]
  }

  lifecycle {
    # Another wording is no reason to pay for another clip,
    ignore_changes = [input.prompt]
    # other pictures would be: then the plan is refused until this line goes.
    prevent_regenerate = true
  }
}
