"""The residual network: layers, losses, training, and a trained one at work."""
