"""Galaxies: potentials, equilibrium models, N-body mergers, globular clusters, orbit libraries, kinematics on the sky."""
