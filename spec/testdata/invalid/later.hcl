defaults {
  timeout = "5m"
}

import {
  to = task.hero
}

moved {
  from = task.a
  to   = task.b
}

removed {
  from = task.a
}

batch {
  on_in_doubt = "resubmit"
}

variable "v" {
  default  = 1
  nullable = false
  validation {
    condition = true
  }
}

task "hero" {
  model = "nano-banana"
  lifecycle {
    prevent_replace = true
  }
  precondition {
    condition = true
  }
  postcondition {
    condition = true
  }
  input = {}
}
