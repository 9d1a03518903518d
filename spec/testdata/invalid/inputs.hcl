task "null_in_list" {
  for_each = toset(["a", "b", "c"])
  model    = "nano-banana"
  input    = { image_urls = ["x", null] }
}
task "digits" {
  model = "nano-banana"
  input = { strength = 1 / 3 }
}
task "no_object" {
  model = "nano-banana"
  input = ["a"]
}
task "no_value" {
  model = "nano-banana"
  input = null
}
task "clock" {
  model = "nano-banana"
  input = { prompt = "at ${timestamp()}" }
}
task "error" {
  for_each = { a = { n = 1 }, b = {}, c = {} }
  model    = "nano-banana"
  input    = { prompt = "x", n = each.value.n, many = 1 / 0 }
}
