variable "styles" {
  type    = list(string)
  default = ["noir", "water/colour"]
}

# The first axis changes slowest; the axes stand in the key as they do here.
task "grid" {
  model = "nano-banana"
  matrix {
    style = var.styles
    seed  = [2, 1]
  }
  input = { mode = "text-to-image", prompt = "a harbour, ${matrix.style}", aspect_ratio = "1:1", seed = matrix.seed }
}

task "kinds" {
  model = "nano-banana"
  matrix {
    b = [true, false]
    n = [0.1 + 0.2, -0]
    t = ["50%", ""]
  }
  input = { prompt = jsonencode(matrix) }
}

# As in GitHub Actions' documentation of include.
task "changed" {
  model = "nano-banana"
  matrix {
    fruit  = ["apple", "pear"]
    animal = ["cat", "dog"]
    exclude {
      fruit  = "pear"
      animal = "dog"
    }
    include {
      color = "green"
    }
    include {
      color  = "pink"
      animal = "cat"
    }
    include {
      fruit = "apple"
      shape = ["circle"]
    }
    include {
      fruit  = "banana"
      animal = "cat"
    }
    include {
      fruit  = "pear"
      animal = "dog"
      color  = "again"
    }
  }
  input = { prompt = "${matrix.fruit} ${matrix.animal}", color = matrix.color, shape = matrix.shape }
}

task "used" {
  model = "kling-2-6"
  input = { image_urls = [task.grid["noir/1"].urls[0]] }
}

task "same" {
  for_each = task.grid
  model    = "kling-2-6"
  input    = { image_urls = each.value.urls }
}

task "by_axis" {
  model = "kling-2-6"
  matrix {
    seed = [1, 2]
  }
  input  = { image_urls = task.grid["noir/${matrix.seed}"].urls }
  output = "axis/${matrix.seed}.${result.ext}"
}

task "all" {
  model = "kling-2-6"
  input = { image_urls = [for k, t in task.grid : t.urls[0]] }
}

task "none" {
  model = "nano-banana"
  matrix {
    style = var.styles
    a     = range(1000)
    b     = range(1000)
    c     = range(1000)
    seed  = []
    include {
      extra = "x"
    }
    include {
      style = "noir"
      extra = "x"
    }
    include {
      style = "only"
      a     = 1
      b     = 2
      c     = 3
      seed  = 4
    }
  }
  input = { prompt = matrix.style, extra = matrix.extra }
}
