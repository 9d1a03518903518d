task "keys" {
  for_each = toset(["cat/noir/1", "a:b", "a?b", ".hidden", "con", "ends.", "v1.5", "ünïcode"])
  model    = "nano-banana"
  input    = { prompt = each.key }
}

task "plain" {
  model  = "nano-banana"
  input  = { prompt = "x" }
  output = "plain.${result.ext}"
}
