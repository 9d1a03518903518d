variable "style" {
  type = string
}
variable "n" {
  type = number
}
