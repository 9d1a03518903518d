scenes = {
  harbour = {
    prompt       = "a small harbour at dawn"
    aspect_ratio = "16:9"
    copies       = 2
  }
  tram = {
    prompt = "a yellow tram on a steep street"
  }
}
