task "both" {
  for_each = { a = 1 }
  model    = "nano-banana"
  matrix {
    seed = [1]
  }
  input = { prompt = each.key }
}
task "two" {
  model = "nano-banana"
  matrix {
    seed = [1]
  }
  matrix {
    style = ["noir"]
  }
  input = { prompt = "x" }
}
task "no_axis" {
  model = "nano-banana"
  matrix {
    include {
      a = 1
    }
  }
  input = { prompt = "x" }
}
task "reserved" {
  model = "nano-banana"
  matrix {
    seed    = [1]
    exclude = [{ seed = 1 }]
  }
  input = { prompt = "x" }
}
task "names" {
  model = "nano-banana"
  matrix {
    style = ["noir"]
    seed  = [1]
    exclude {
      sytle = "noir"
    }
    include {}
    zip {
      a = [1]
    }
  }
  input = { prompt = "${matrix.stlye} ${matrix.seed} ${count.index}" }
}
task "early" {
  model = "nano-banana"
  matrix {
    url = task.names["noir/1"].urls
  }
  input = { prompt = "x" }
}
task "outside" {
  model = "nano-banana"
  input = { prompt = matrix.style }
}
