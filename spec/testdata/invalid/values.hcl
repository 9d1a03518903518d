variable "untyped" {}
variable "wrong_default" {
  type    = number
  default = "x"
}
variable "wrong_type" {
  type = strng
}
variable "computed" {
  default = upper("x")
}
