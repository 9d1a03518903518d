variable "style" {
  type = string
}
