"""Simulations of others in, ours out: the commands `snapshot` and `export`."""
