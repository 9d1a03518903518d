apixo {
  api_key = "sk-123"
}
