"""Stars: bands, stellar evolution and tracks, mass function, density models, simple populations."""
