"""The offline default galaxy is like NGC 6278: it rotates about its minor axis, with errors of a few km/s."""

import numpy as np

from reproduce.galaxy.orbits.library import Integration, orbit_library
from reproduce.papers.skusa2023 import default_galaxy, ngc6278


def test_the_default_galaxy_is_a_fast_rotator() -> None:
    model = ngc6278.model()
    apertures = default_galaxy.default_apertures(seed=1)
    start = ngc6278.start_grid(model)
    library = orbit_library(
        galaxy=model.potential,
        observation=ngc6278.observation(model, apertures),
        start=ngc6278.start_grid(model, n_i2=2, n_i3=2),
        space=ngc6278.space_grid(start),
        integration=Integration(periods=30, samples=4000),
        seed=5,
    )
    galaxy = default_galaxy.default_galaxy(library, apertures, mass_to_light=4.4, seed=2)
    data = galaxy.kinematics
    assert galaxy.label == "synthetic" and galaxy.mass_to_light == 4.4
    assert 140 <= apertures.number <= 152
    major, minor = (
        apertures.sum_over_pixels(axis.mean(-1)) / np.bincount(apertures.bin_of_pixel.ravel())[1:]
        for axis in apertures.points(1)
    )
    far = np.hypot(major, minor) > 5
    assert abs(np.corrcoef(major[far], data.mean_kms[far])[0, 1]) > 0.7
    assert abs(np.corrcoef(minor[far], data.mean_kms[far])[0, 1]) < 0.3
    assert 80 < np.median(data.dispersion_kms) < 250
    assert 1 < np.median(data.mean_error_kms) < 8  # the real file: 2 to 5
