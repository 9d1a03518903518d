# A still for each scene, a clip from each still, and a piece of music that waits
# for neither.
#
#   apixo-batch apply -simulate examples/03-image-to-video

batch {
  budget = 5.00
}

locals {
  scenes = {
    harbour = {
      still  = "fishing boats in a small harbour at first light, mist on the water"
      motion = "slow push in, the boats rock, gulls cross the frame"
    }
    market = {
      still  = "a covered market at noon, crates of oranges, shafts of light"
      motion = "tracking shot along the stalls, dust drifts in the light"
    }
    ferry = {
      still  = "the last ferry leaving a lit pier at dusk, seen from the shore"
      motion = "static camera, the ferry moves away, its wake reaches the shore"
    }
  }
}

task "still" {
  model    = "seedream-4-5"
  for_each = local.scenes
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value.still}, 35 mm film, natural colours"
    aspect_ratio = "16:9"
    max_images   = 1
  }
}

# The same keys as task.still, and an edge for each: a clip begins when its own
# still is there. If APIXO refuses one still, its clip is skipped, and no other.
task "clip" {
  model    = "wan-2-5"
  for_each = task.still
  input = {
    mode       = "image-to-video"
    prompt     = local.scenes[each.key].motion
    image_urls = [each.value.urls[0]]
    resolution = "720p"
    duration   = 5
  }

  # A clip costs ten times what a still does: a failed one is not bought again
  # before somebody has looked at it.
  retry {
    max_attempts = 1
  }
}

task "music" {
  model = "suno"
  input = {
    mode         = "V5"
    prompt       = "calm solo guitar, a town by the sea waking up, no drums"
    customMode   = false
    instrumental = true
  }
}

output "scenes" {
  value = {
    for name, clip in task.clip : name => {
      still = task.still[name].files[0]
      clip  = clip.files[0]
    }
  }
}
