task "grid" {
  model = "nano-banana"
  matrix {
    style = ["noir", "oil"]
    seed  = []
    exclude {
      style = "nior"
    }
  }
  input = { mode = "text-to-image", prompt = matrix.style, aspect_ratio = "1:1" }
}
