task "9x" {
  model = "nano-banana"
  input = {}
}
variable "a b" {}
output "" {
  value = 1
}
model "" {
}
