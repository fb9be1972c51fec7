"""The observed clusters (paper Sect. 5): targets, flux maps, synthetic images, predictions."""
