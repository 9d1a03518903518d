style = "a"
stlye = "b"
