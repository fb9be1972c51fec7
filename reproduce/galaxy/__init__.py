"""Galaxies: potentials, orbits and what they look like on the sky."""
