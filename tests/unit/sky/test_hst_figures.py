"""Drawings of HST images: colours of stamps, axes with units."""

import numpy as np

from paper_figures import hst as figures


def test_a_star_like_the_sun_is_white_and_hot_ones_are_blue() -> None:
    image = np.zeros((3, 9, 9))
    image[:, 2, 2] = figures.SUN_LIGHT
    image[:, 6, 6] = 5 * figures.SUN_LIGHT[0], figures.SUN_LIGHT[1], 0.3 * figures.SUN_LIGHT[2]
    stamp = figures.three_colours(image)
    assert stamp.shape == (9, 9, 3) and stamp.min() >= 0 and stamp.max() <= 1
    np.testing.assert_allclose(stamp[2, 2], stamp[2, 2, 0])
    assert stamp[6, 6, 2] > stamp[6, 6, 1] > stamp[6, 6, 0]
    assert (stamp[4, 4] == 0).all()


def test_axes_have_units_and_names() -> None:
    radius = np.geomspace(0.02, 2, 5)
    axes = figures.encircled_energy(radius, {"F336W": radius / 2}, {"F336W": (radius, radius / 2)}).axes[0]
    assert axes.get_xlabel() == "Radius [arcsec]" and len(axes.lines) == 2
    drawn = figures.colour_magnitude({"10 Gyr": (radius, radius + 20)}, (radius, radius + 20))
    assert drawn.axes[0].yaxis_inverted()
    table = figures.stamps([[np.zeros((3, 8, 8))] * 2] * 3, ["a", "b"], ["c", "d", "e"])
    assert len(table.axes) == 6 and table.axes[0].get_title() == "a" and table.axes[4].get_ylabel() == "e"
