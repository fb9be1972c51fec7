"""The one network: layers, training, and a trained one at work."""
