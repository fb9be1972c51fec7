"""Beyond the thesis: orbit libraries as a function of shape, halo and black hole, learnt from a few dozen."""
