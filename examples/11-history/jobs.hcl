# A configuration with a past: tasks that were renamed, left out, or bought elsewhere
# keep what was paid for.
#
#   apixo-batch apply -simulate examples/11-history
#
# Then rename task "poster" to "placard" wherever it is named, and add a moved block
# from task.poster to task.placard: the plan moves both results and buys nothing.

# Once there was a task "hero" without keys. Its record goes to one of the posters.
# The block may stay: where nothing is to be moved, it does nothing.
moved {
  from = task.hero
  to   = task.poster["spring"]
}

# This one was given up. Its record leaves the state, once it neither runs nor is in
# doubt and its files are on disk, where they stay.
removed {
  from = task.draft
}

task "poster" {
  model    = "nano-banana"
  for_each = { spring = "a poster of a garden", autumn = "a poster of a forest" }
  input = {
    mode         = "text-to-image"
    prompt       = each.value
    aspect_ratio = "9:16"
  }
}

# A task that was bought by other means becomes that of an instance: the API is asked
# for it, and it costs nothing here. Its ID is in APIXO's dashboard.
#
#   import {
#     to = task.poster["autumn"]
#     id = "task_12345678"
#   }

output "posters" {
  value = { for k, t in task.poster : k => t.files[0] }
  precondition {
    condition     = length(task.poster) == 2
    error_message = "There are ${length(task.poster)} posters, not one for each season."
  }
}
