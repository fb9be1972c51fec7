"""NGC 3115 and other observed galaxies (paper Sect. 4.1), and a user's own lists of clusters."""
