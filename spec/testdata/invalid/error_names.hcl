error "429" {
  class = "rate_limited"
}

error " _-" {
  class = "timeout"
}

error "NEW_CODE" {
  class   = "timeout"
  meaning = "x"
}

error "new code" {
  class = "timeout"
}

error {
  class = "timeout"
}
