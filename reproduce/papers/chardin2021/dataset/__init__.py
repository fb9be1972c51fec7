"""The data set of maps (paper Sects. 2.2-2.3)."""
