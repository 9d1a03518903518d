# Which model draws what best? Every combination of model, subject and style, less
# one that is known to be of no use, plus one of a dearer model for comparison.
#
#   apixo-batch apply -simulate examples/04-matrix

task "compare" {
  model = matrix.model

  # The first axis changes slowest. The values make the key:
  # task.compare["nano-banana/lighthouse/linocut"].
  matrix {
    model   = ["nano-banana", "seedream-4-5"]
    subject = ["lighthouse", "tram"]
    style   = ["linocut", "pencil", "isometric"]

    # Takes away what has all of these values.
    exclude {
      subject = "lighthouse"
      style   = "isometric"
    }

    # A value for each axis that is no combination yet: one more, which has a name
    # of its own besides.
    include {
      model      = "nano-banana-pro"
      subject    = "tram"
      style      = "isometric"
      resolution = "2K"
    }
  }

  # A directory for each model: compare/seedream-4-5/lighthouse-linocut.png
  output = "compare/${matrix.model}/${matrix.subject}-${matrix.style}.${result.ext}"

  input = {
    mode         = "text-to-image"
    prompt       = "a ${matrix.subject} in ${matrix.style} style, white background"
    aspect_ratio = "1:1"

    # What is null is not sent. Only this model knows the parameter,
    max_images = matrix.model == "seedream-4-5" ? 1 : null
    # and only the included combination has this name.
    resolution = matrix.resolution
  }
}
