"""The camera: totals, places, conservation, geometry, and GalSim's picture of the same stars."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from reproduce.sky import camera as instrument
from reproduce.sky.camera import ARCSEC_PER_RADIAN, Stars, View
from reproduce.sky.kernels import bin_stars
from reproduce.sky.maps import render
from reproduce.sky.psf import Moffat
from reproduce.sky.settings import Camera
from tests.support.mock_clusters import plummer

PAPER = Camera()


@pytest.fixture(scope="module")
def stars() -> Stars:
    return Stars.of(plummer(5000))


def star_at(x_arcsec: float, y_arcsec: float, view: View) -> Stars:
    """One star of one solar luminosity and mass, at a place on the sky."""
    x, y = view.axes
    position = (x_arcsec * x + y_arcsec * y) / ARCSEC_PER_RADIAN * view.distance_kpc * 1e3
    return Stars(position[None].astype(np.float32), np.ones(1), np.ones(1), 1.0, "one star")


def test_totals_before_psf_and_smoothing_are_the_direct_sums(stars: Stars) -> None:
    view = View(20.0, 1.0, shift_arcsec=(2.0, -3.0), line_of_sight=(1.0, 2.0, 0.5))
    x, y = (stars.position_pc.astype(np.float64) @ axis / 20e3 * ARCSEC_PER_RADIAN for axis in view.axes)
    inside = (np.abs(x + 2.0) < 20) & (np.abs(y - 3.0) < 20)
    u, v = instrument.places(stars, PAPER, view)
    for weight in (stars.mass_msun, stars.luminosity_lsun):
        total = bin_stars(u, v, weight, PAPER.pixels).astype(np.float32).sum(dtype=np.float64)
        assert total == pytest.approx(weight[inside].sum(), rel=2**-23)  # float32 rounding of each pixel
    maps = render(stars, PAPER, view)
    assert maps.n_stars == inside.sum()
    assert maps.mass_msun == pytest.approx(stars.mass_msun[inside].sum(), rel=1e-12)
    assert maps.luminosity_lsun == pytest.approx(stars.luminosity_lsun[inside].sum(), rel=1e-12)


def test_the_mass_map_holds_the_mass_in_the_field(stars: Stars) -> None:
    maps = render(stars, PAPER, View(20.0, 1.0))
    total = (10 ** maps.mass.astype(np.float64)).sum()
    # the floor of 1e-4 Msun lifts empty pixels: at most that in each
    assert maps.mass_msun * (1 - 1e-5) < total < maps.mass_msun * (1 + 1e-5) + 160**2 * 1e-4
    assert (10 ** render(stars, Camera(mass_floor=1e-30), View(20.0, 1.0)).mass.astype(float)).sum() == pytest.approx(
        maps.mass_msun, rel=1e-5
    )


@pytest.mark.parametrize("sigma", [1.0, 4.0, 11.0])
def test_smoothing_conserves_the_total(sigma: float) -> None:
    inside, edge = np.zeros((2, 160, 160))
    inside[80, 75] = 3.0
    edge[0, 159] = 3.0  # at the edges the map is mirrored, so nothing is lost there either
    for image in (inside, edge):
        assert instrument.smooth(image, sigma).sum() == pytest.approx(3.0, rel=1e-5)
    smoothed = instrument.smooth(inside, sigma)
    columns = np.arange(160) - 75
    assert (smoothed.sum(axis=0) * columns**2).sum() / 3 == pytest.approx(sigma**2, rel=0.01)  # kernel cut at 6 sigma


def test_flux_of_one_star() -> None:
    """F = L / (4π D²), summed over the map; beyond 20 arcsec lie 1 - (1 + (20/α)²)^-1.5 = 8.6e-5 of its light."""
    view = View(25.0, 1.0)
    maps = render(star_at(0, 0, view), PAPER, view)
    total = (10 ** maps.flux.astype(np.float64)).sum()
    assert total == pytest.approx(1 / (4 * np.pi * 25.0**2), rel=2e-4)


@pytest.mark.parametrize("fwhm", [0.5, 1.0, 1.5])
def test_a_star_stands_where_it_is(fwhm: float) -> None:
    generator = np.random.default_rng(3)
    row, column = np.mgrid[:160, :160] + 0.5
    for u, v in generator.uniform(60, 100, (10, 2)):
        image = instrument.light_image(np.array([u]), np.array([v]), np.ones(1), PAPER, Moffat(fwhm))
        # an asymmetric frame cuts a Moffat's wings unevenly, so the centroid is taken within 20 px of the star
        near = np.hypot(row - v, column - u) < 20
        weight = image[near] ** 2  # squares put the weight into the core
        assert (weight * column[near]).sum() / weight.sum() == pytest.approx(u, abs=0.01)
        assert (weight * row[near]).sum() / weight.sum() == pytest.approx(v, abs=0.01)


def test_light_scatters_in_from_outside_and_out_from_inside() -> None:
    psf = Moffat(1.5)
    # stars 4 px beyond and 4 px within the left edge: what one puts in, the other takes out
    outside, inside = (
        instrument.light_image(np.array([u]), np.array([80.0]), np.ones(1), PAPER, psf).sum() for u in (-4.0, 4.0)
    )
    assert outside > 0.05
    # their sum is a star's light less what passes the other edges: 2e-3 by the encircled energy, and the wrap's 1e-3
    assert outside + inside == pytest.approx(1, abs=3e-3)
    mass = bin_stars(np.array([-4.0]), np.array([80.0]), np.ones(1), 160)
    assert mass.sum() == 0  # masses have no PSF


def test_shift_rotation_and_line_of_sight() -> None:
    base = View(10.0, 0.5)
    star = star_at(6.0, 1.0, base)

    def place(view: View) -> tuple[float, float]:
        u, v = instrument.places(star, PAPER, view)
        return float(u[0] - 80) / 4, float(v[0] - 80) / 4

    assert place(base) == pytest.approx((6, 1), abs=1e-4)
    assert place(replace(base, shift_arcsec=(-2.0, 3.0))) == pytest.approx((4, 4), abs=1e-4)
    assert place(replace(base, quarter_turns=1)) == pytest.approx((-1, 6), abs=1e-4)
    assert place(replace(base, quarter_turns=2)) == pytest.approx((-6, -1), abs=1e-4)
    assert place(replace(base, quarter_turns=3)) == pytest.approx((1, -6), abs=1e-4)
    assert place(replace(base, distance_kpc=20.0)) == pytest.approx((3, 0.5), abs=1e-4)
    # seen along its own direction it falls on the centre
    along = replace(base, line_of_sight=tuple(star.position_pc[0].tolist()))
    assert place(along) == pytest.approx((0, 0), abs=1e-4)


def test_views_agree_with_the_snapshot_turned_as_a_whole() -> None:
    snapshot = plummer(50)
    sight = (0.3, -0.8, 0.4)
    turned = snapshot.along(sight).position_pc
    u, v = instrument.places(Stars.of(snapshot), PAPER, View(30.0, 1.0, line_of_sight=sight))
    scale = ARCSEC_PER_RADIAN / 30e3 * 4
    assert np.allclose(u - 80, scale * turned[:, 0], atol=1e-3) and np.allclose(v - 80, scale * turned[:, 1], atol=1e-3)


def test_a_larger_field_shows_the_same_sky(stars: Stars) -> None:
    view = View(30.0, 1.0)
    small = render(stars, PAPER, view)
    large = render(stars, Camera(field_arcsec=80.0, pixels=320), view)
    # away from the edges, where the small field is mirrored; 1e-3 of the light wraps at another place
    inner = np.s_[30:130, 30:130]
    assert np.abs(large.flux[80:240, 80:240][inner] - small.flux[inner]).max() < 2e-3
    assert np.abs(large.mass[80:240, 80:240][inner] - small.mass[inner]).max() < 1e-5


@pytest.mark.parametrize("fwhm", [0.5, 1.0, 1.5])
def test_galsim_draws_the_same_field(fwhm: float) -> None:
    galsim = pytest.importorskip("galsim")
    generator = np.random.default_rng(5)
    u, v = generator.uniform(-20, 180, (2, 60))
    light = generator.uniform(0.1, 3, 60)
    ours = instrument.light_image(u, v, light, PAPER, Moffat(fwhm))
    theirs = galsim.ImageD(160, 160, scale=0.25)
    for place, row, flux in zip(u, v, light, strict=True):
        star = galsim.Moffat(beta=2.5, fwhm=fwhm, flux=flux).shift(0.25 * (place - 80), 0.25 * (row - 80))
        theirs += star.drawImage(nx=160, ny=160, scale=0.25, dtype=float)
    assert np.abs(ours - theirs.array).max() < 0.01 * theirs.array.max()


@pytest.mark.parametrize("sigma", [0.7, 4.0, 30.0])
def test_smoothing_is_scipys(sigma: float) -> None:
    """Sums of the same numbers in another order; an image narrower than the kernel is mirrored again and again."""
    image = np.random.default_rng(1).random((60, 90))
    theirs = ndimage.gaussian_filter(image, sigma, mode="reflect", truncate=instrument.SMOOTHING_REACH)
    np.testing.assert_allclose(instrument.smooth(image, sigma), theirs, rtol=1e-12)


def test_stars_around_the_field_are_those_of_all(stars: Stars) -> None:
    view = View(9.0, 1.0, line_of_sight=(1.0, 0.5, 0.2), shift_arcsec=(3.0, -1.0))
    u, v = instrument.places(stars, PAPER, view)
    near = (u >= -30) & (u < 190) & (v >= -30) & (v < 190)
    assert 0 < near.sum() < len(u)
    found = instrument.around(stars, PAPER, view, 30)
    for ours, true in zip(found, (u, v, stars.mass_msun, stars.luminosity_lsun), strict=True):
        np.testing.assert_array_equal(ours, true[near])


@pytest.mark.parametrize("fwhm", [0.5, 0.65])
def test_what_will_be_smoothed_needs_no_fine_grid(stars: Stars, fwhm: float) -> None:
    view, psf = View(15.0, fwhm), Moffat(fwhm)
    u, v = instrument.places(stars, PAPER, view)
    images = [instrument.light_image(u, v, stars.luminosity_lsun, PAPER, psf, smoothed) for smoothed in (0.0, 4.0)]
    fine, coarse = (np.log10(instrument.smooth(image, 4.0)) for image in images)
    reach = 24  # of the smoothing: what is cut off at the edge and mirrored is no smooth image
    assert np.abs(fine - coarse)[reach:-reach, reach:-reach].max() < 1e-4
    assert np.abs(fine - coarse).max() < 0.01
