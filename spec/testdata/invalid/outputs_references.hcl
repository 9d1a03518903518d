output "wrong" {
  value = task.x.urls
}
