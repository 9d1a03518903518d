bach {
  parallelism = 2
}

parallelism = 3

task "hero" {
  model   = "nano-banana"
  inptu   = {}
  timeuot = "5m"
}
