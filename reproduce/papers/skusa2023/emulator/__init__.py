"""Beyond the thesis: orbit libraries as a function of the galaxy's shape, halo and black hole, learnt from a few dozen."""
