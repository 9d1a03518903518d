import {
  to = task.hero
}

moved {
  from = task.a
}

removed {
  from   = task.a
  reason = "no longer needed"
}
