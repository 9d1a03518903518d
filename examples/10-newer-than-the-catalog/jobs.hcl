# Models, prices and limits move faster than programs. What is newer than the
# catalog is declared here; `apixo-batch models NAME` shows what the catalog says.
#
#   apixo-batch validate -strict examples/10-newer-than-the-catalog
#   apixo-batch apply -simulate examples/10-newer-than-the-catalog

# A model of the catalog, with the price and the limits of one's own contract.
model "nano-banana" {
  price         = { usd = 0.025, per = "image" }
  rate          = "600/min"
  max_in_flight = 50
}

# A model that the catalog does not have yet. Its parameters are not checked; with a
# price the plan adds up, and a budget covers it.
model "nano-banana-9" {
  price = { usd = 0.06, per = "image" }
  poll {
    first    = "10s"
    interval = "5s"
  }
  timeout = "10m"
}

# A fail code that no document has yet. Without this block it would be final.
error "GPU_PREEMPTED" {
  class  = "server_error"
  retry  = true
  action = "The provider took the machine away. The next attempt usually succeeds."
}

task "sketch" {
  model    = "nano-banana"
  for_each = ["a heron", "an otter", "a wren"]
  key      = each.value
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value}, pencil sketch"
    aspect_ratio = "1:1"
  }
}

task "painting" {
  model    = "nano-banana-9"
  for_each = task.sketch
  input = {
    mode       = "image-to-image"
    prompt     = "the same in oil"
    image_urls = [each.value.urls[0]]
    num_images = 2
  }
  retry {
    max_attempts = 3
  }
}
