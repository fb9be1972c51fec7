"""Galaxies: potentials, equilibrium models, N-body mergers, globular clusters, orbits, and their look on the sky."""
