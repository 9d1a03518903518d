task "near" {
  model = "nano-bananna"
  input = { prompt = "x" }
}

task "far" {
  model = "model-of-tomorrow"
  input = { prompt = "x" }
}
