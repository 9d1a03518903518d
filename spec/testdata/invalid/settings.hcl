variable "secret" {
  default   = 3
  sensitive = true
}
batch {
  parallelism    = 0
  budget         = 0.0000001
  on_in_doubt    = "ask"
  max_retry_wait = "5 minutes"
  provider       = ""
  timeout        = "-3s"
}
apixo {
  base_url = ["x"]
}
model "nano-banana" {
  price         = { usd = "1", per = "pixel" }
  rate          = "600/hour"
  max_in_flight = var.secret
  poll {
    interval     = "20s"
    max_interval = "10s"
  }
}
model "kling-2-6" {
  price = -1
}
model "suno" {
  price = "much"
}
