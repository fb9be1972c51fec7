"""The two networks: luminosity map to mass map (encoder-decoder), and to age and distance (regressor).

Importing this package costs nothing; its modules import Keras, and with it the backend, where they are used.
"""
