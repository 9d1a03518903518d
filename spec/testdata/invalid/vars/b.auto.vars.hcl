n = "x"
m = 1
