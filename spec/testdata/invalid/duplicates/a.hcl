batch {
  parallelism = 2
}
task "hero" {
  model = "nano-banana"
  input = {}
}
variable "x" {}
locals {
  y = 1
}
output "z" {
  value = 1
}
model "nano-banana" {
  price = 1
}
