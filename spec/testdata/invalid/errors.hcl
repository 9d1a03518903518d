error "NEW_CODE" {
  class = "time_out"
  retry = "perhaps"
}

error "NO_CLASS" {}

error "BROKE" {
  class = "insufficient_funds"
  retry = true
}

error "DOUBT" {
  class  = "in_doubt"
  action = ""
}

error "LATE" {
  class  = "timeout"
  action = "ask for less than ${task.a.task_id}"
}

task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "x", aspect_ratio = "1:1" }
}
