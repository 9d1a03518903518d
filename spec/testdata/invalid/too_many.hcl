task "a" {
  count = 200000
  model = "nano-banana"
  input = {}
}
task "b" {
  count = 50001
  model = "nano-banana"
  input = {}
}
