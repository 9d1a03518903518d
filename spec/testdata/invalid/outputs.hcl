variable "secret" {
  default   = "x"
  sensitive = true
}
output "none" {
}
output "wrong" {
  value = task.x.urls
}
