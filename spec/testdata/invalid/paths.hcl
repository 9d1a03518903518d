task "up" {
  model  = "nano-banana"
  input  = {}
  output = "../${self.key}.png"
}
task "absolute" {
  model  = "nano-banana"
  input  = {}
  output = "/tmp/x.png"
}
task "colon" {
  model  = "nano-banana"
  input  = {}
  output = "a:b.png"
}
task "device" {
  model  = "nano-banana"
  input  = {}
  output = "out/com1.png"
}
task "case" {
  for_each = toset(["Cat", "cat", "a/b", "a-b"])
  model    = "nano-banana"
  input    = {}
}
task "constant" {
  count  = 3
  model  = "nano-banana"
  input  = {}
  output = "same.${result.ext}"
}
task "jpg" {
  model  = "nano-banana"
  input  = {}
  output = "SAME.jpg"
}
task "empty" {
  model  = "nano-banana"
  input  = {}
  output = ""
}
