"""The two networks: luminosity map to mass map (encoder-decoder), and to age and distance (regressor)."""
