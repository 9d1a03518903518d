# Task wins over model, model over batch.
batch {
  parallelism    = 8
  budget         = 0.35
  max_retry_wait = "1m"
  provider       = "auto"
  timeout        = "20m"
  output         = "all/${self.name}/${self.key}.${result.ext}"
  on_in_doubt    = "hold"
  retry {
    max_attempts = 5
    calls        = ["429", 503]
  }
  poll {
    first = "2s"
  }
}

apixo {
  base_url = "http://127.0.0.1:8080"
  provider = "ignored, batch is further in"
}

model "nano-banana" {
  price         = { usd = 0.08, per = "image" }
  rate          = "10/s"
  max_in_flight = 3
  timeout       = "4m"
  retry {
    max_attempts = 3
  }
}

task "inner" {
  model    = "nano-banana"
  input    = { prompt = "a" }
  timeout  = "90s"
  provider = "value"
  output   = "inner/${result.index}.${result.ext}"
  retry {
    max_attempts = 1
    calls        = []
  }
  poll {
    first        = "1s"
    interval     = "40s"
  }
}

task "middle" {
  model = "nano-banana"
  input = { prompt = "b" }
}

task "outer" {
  model = "kling-2-6"
  input = { prompt = "c" }
}

task "each" {
  for_each = { slow = "10m", quick = "1m" }
  model    = "nano-banana"
  input    = { prompt = each.key }
  timeout  = each.value
}
