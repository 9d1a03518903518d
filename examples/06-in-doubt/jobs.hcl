# Two of these three submits get no answer. APIXO has made one of the two tasks and
# charged for it, and knows nothing of the other; from here both look alike.
# README.md says how to rehearse that and what to do about it.
#
# The markers in the prompts are for the simulator. Real prompts have none.

batch {
  poll { # the simulator of README.md is 20 times as fast as APIXO
    first    = "500ms"
    interval = "250ms"
  }
}

task "poster" {
  model = "nano-banana"
  for_each = {
    spring = "a jazz poster, magnolias"
    summer = "a jazz poster, a lido at night [sim:drop,times=1]"
    autumn = "a jazz poster, umbrellas [sim:drop-unaccepted,times=1]"
  }
  input = {
    mode         = "text-to-image"
    prompt       = each.value
    aspect_ratio = "2:3"
  }
}
