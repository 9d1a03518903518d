variable "style" {
  default = "noir"
}

locals {
  rows = [1]
}

task "hero" {
  model = "nano-banana"
  input = {
    a = var.stile
    b = local.row
    c = task.herro.urls
    d = uper("x")
    e = hero.urls
    f = vra.style
    g = each.key
    h = count.index
    i = self.key
    j = task
    k = var
    l = text
    m = style
    n = try(local.gone, "x")
  }
}
