"""A sixth paper in one folder: Hubble (1929), velocities of galaxies grow with their distances.

Copied to a temporary place by the test of that name: settings, three stages, one figure, one published number. A start
for a paper of your own.
"""
