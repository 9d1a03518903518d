import {
  to = task.hero
  id = "task_1"
}

import {
  to = task.hero["cat"]
  id = "task 2"
}

import {
  to = task.hero["dog"]
  id = "task_3"
}

import {
  to = task.hero["dog"]
  id = "task_4"
}

import {
  to = task.logo
  id = "task_3"
}

import {
  to = module.x.task.hero["cat"]
  id = "task_5"
}

import {
  to = task.hero[each.key]
  id = null
}

moved {
  from = task.logo
  to   = task.sign
}

moved {
  from = task.a
  to   = task.a
}

moved {
  from = task.b
  to   = task.c
}

moved {
  from = task.b
  to   = task.d
}

moved {
  from = task.e
  to   = task.c
}

moved {
  from = task.c
  to   = task.b
}

moved {
  from = task.hero["cat"]
  to   = task.logo
}

removed {
  from = task.logo
}

removed {
  from = task.hero["cow"]
}

removed {
  from = task.hero["cow"]
}

removed {
  from = "task.x"
}

task "hero" {
  for_each = toset(["cat", "dog"])
  model    = "nano-banana"
  input    = { prompt = each.key, mode = "text-to-image", aspect_ratio = "1:1" }
}

task "logo" {
  model = "nano-banana"
  input = { prompt = "a", mode = "text-to-image", aspect_ratio = "1:1" }
}
