output "none" {
}
