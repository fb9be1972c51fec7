"""The thesis's two networks, ours, and their training."""
