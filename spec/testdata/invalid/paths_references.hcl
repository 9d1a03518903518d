batch {
  output = "out/${each.key}.png"
}
task "hero" {
  model  = "nano-banana"
  input  = {}
  output = "out/${task.hero.task_id}-${self.nme}-${result.size}.png"
}
