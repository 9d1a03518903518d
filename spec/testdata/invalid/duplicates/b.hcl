batch {
  parallelism = 3
}
task "hero" {
  model = "nano-banana"
  input = {}
}
variable "x" {}
locals {
  y = 2
}
output "z" {
  value = 2
}
model "nano-banana" {
  price = 2
}
