task "native" {
  for_each = { a = 1 }
  model    = "nano-banana"
  input    = { prompt = var.style, size = var.sizes.s }
}
