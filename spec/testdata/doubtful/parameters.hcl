locals {
  rows = csvdecode("id,prompt,seconds\na,one,5\nb,two,10\nc,three,5\n")
}

task "clip" {
  for_each = { for r in local.rows : r.id => r }
  model    = "kling-2-6"
  input    = { mode = "text-to-video", promt = each.value.prompt, duration = each.value.seconds }
}
