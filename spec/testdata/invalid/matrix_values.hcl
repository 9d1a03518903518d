variable "secret" {
  default   = ["a"]
  sensitive = true
}
locals {
  styles = { noir = { prompt = "black and white" }, oil = { prompt = "oil on canvas" } }
}
task "objects" {
  model = "nano-banana"
  matrix {
    style = values(local.styles)
  }
  input = { prompt = matrix.style.prompt }
}
task "map" {
  model = "nano-banana"
  matrix {
    style = local.styles
  }
  input = { prompt = matrix.style }
}
task "scalar" {
  model = "nano-banana"
  matrix {
    seed = 7
  }
  input = { prompt = "x" }
}
task "null" {
  model = "nano-banana"
  matrix {
    seed = null
    more = [1, null]
  }
  input = { prompt = "x" }
}
task "sensitive" {
  model = "nano-banana"
  matrix {
    style = var.secret
  }
  input = { prompt = "x" }
}
task "volatile" {
  model = "nano-banana"
  matrix {
    at = [timestamp()]
  }
  input = { prompt = "x" }
}
task "twice" {
  model = "nano-banana"
  matrix {
    seed = [1, 2, "1"]
  }
  input = { prompt = "x" }
}
task "third" {
  model = "nano-banana"
  matrix {
    part = [1 / 3]
  }
  input = { prompt = "x" }
}
task "empty_key" {
  model = "nano-banana"
  matrix {
    style = ["", "noir"]
  }
  input = { prompt = "x" }
}
task "spaces" {
  model = "nano-banana"
  matrix {
    style = ["noir", "noir "]
  }
  input = { prompt = "x" }
}
task "include" {
  model = "nano-banana"
  matrix {
    style = ["noir", "oil"]
    seed  = [1, 2]
    include {
      style = "nior"
      extra = "x"
    }
    include {
      style = ["noir"]
      extra = "y"
    }
    include {
      style = "new"
      seed  = 1
    }
    include {
      style = "new"
      seed  = "1"
      extra = "z"
    }
  }
  input = { prompt = matrix.extra }
}
task "huge" {
  model = "nano-banana"
  matrix {
    a = range(1000)
    b = range(1000)
    c = range(1000)
    d = range(1000)
    e = range(1000)
    f = range(1000)
    g = range(1000)
  }
  input = { prompt = "x" }
}
task "after" {
  model = "kling-2-6"
  input = { a = task.ok["noir/3"].urls, b = task.ok["noir"].urls, c = task.ok.urls }
}
task "splat" {
  model = "kling-2-6"
  input = { a = [for t in task.ok : t.urls] }
}
task "ok" {
  model = "nano-banana"
  matrix {
    style = ["noir"]
    seed  = [1, 2]
  }
  input = { prompt = "x" }
}
