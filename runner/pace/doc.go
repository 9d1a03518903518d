package pace
