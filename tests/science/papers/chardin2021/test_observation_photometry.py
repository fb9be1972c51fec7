"""Injected stars through the whole path: PS1-format images in g and r to the network's flux map in V."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from reproduce.archives import image, mosaic
from reproduce.archives.image import BandImage, Window
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap, from_images, from_light
from reproduce.sky.camera import light_image
from reproduce.sky.psf import Moffat
from reproduce.sky.settings import Camera
from reproduce.sky.wcs import camera_wcs
from reproduce.stars.colours import v_magnitude
from reproduce.workflow.errors import InputError
from tests.support.ps1_images import (
    cards,
    fitscut_bytes,
    offset,
    old_header,
    stack_wcs,
    star_counts,
    write_skycell,
    zero_point,
)

CENTRE = SkyCoord(199.112875, 17.70025, unit="deg")
TANGENT = SkyCoord(200.0, 18.5, unit="deg")  # 1.2 degrees off, as in a projection cell of PS1
SIDE = 320  # of a stack [px]
FWHM = 1.1
APERTURE = 6.5  # radius [arcsec]: three stars' neighbours are 20 arcsec away
EAST = np.array([-10.0, 10.0, -10.0, 10.0])
NORTH = np.array([-10.0, -10.0, 10.0, 10.0])
G = np.array([18.0, 17.5, 18.5, 17.0])
R = np.array([18.3, 17.0, 17.6, 15.7])  # colours from -0.3 to 1.3, those of a cluster's stars
TOLERANCE_MAG = 0.01  # asked of the whole path


def _stack(
    band: str, magnitudes: NDArray, side: int = SIDE, turned: float = 0.0, tangent: SkyCoord = TANGENT
) -> BandImage:
    wcs = stack_wcs(tangent, CENTRE, side, turned)
    stars = offset(CENTRE, EAST, NORTH)
    return BandImage(star_counts(wcs, side, stars, magnitudes, band, FWHM), wcs, zero_point(band), band)


def _renamed(found: BandImage, band: str) -> BandImage:
    return BandImage(found.counts, found.wcs, found.zero_point_ab, band)


def _observe(g: BandImage, r: BandImage, **options: object) -> FluxMap:
    return from_images(g, r, name="stars", centre=CENTRE, source="files", **options)


def _v_in_apertures(found: FluxMap) -> NDArray:
    """V of each star: F = L / (4π D²) [Lsun kpc^-2] and M_V,sun = 4.83 give V = 4.83 - 2.5 log10(4π F / 1e4)."""
    x, y = found.wcs.world_to_pixel(offset(CENTRE, EAST, NORTH))
    rows, columns = np.indices(found.flux.shape)
    flux = 10 ** found.flux.astype(np.float64)
    radius = APERTURE / 0.25
    sums = np.array([flux[np.hypot(columns - a, rows - b) < radius].sum() for a, b in zip(x, y, strict=True)])
    return 4.83 - 2.5 * np.log10(4 * np.pi * sums / 1e4 / Moffat(FWHM).encircled(APERTURE))


def test_magnitudes_of_injected_stars(tmp_path: Path) -> None:
    """Both forms that PS1 gives, read from files."""
    images = {}
    for band, magnitudes in (("g", G), ("r", R)):
        stack = _stack(band, magnitudes)
        cutout, skycell = tmp_path / f"cutout_{band}.fits", tmp_path / f"skycell_{band}.fits"
        cutout.write_bytes(fitscut_bytes(stack, CENTRE, 240))
        write_skycell(skycell, stack.counts, stack.wcs, band)
        images[band] = image.read(cutout), image.read(skycell, window=Window(CENTRE, 60.0))
    assert [found.band for found in images["g"]] == ["g", "g"]  # told from the headers
    for g, r in zip(images["g"], images["r"], strict=True):
        found = _observe(g, r)
        np.testing.assert_allclose(_v_in_apertures(found), v_magnitude(G, R), atol=TOLERANCE_MAG)
        assert found.warnings == ()
        assert abs(found.cross_check_mag or 0) < 0.02  # Tonry et al. (2012) against Kostov & Bonev (2018)


@pytest.mark.parametrize("turned", [0.0, 33.0, 180.0])
def test_orientation_and_centring(turned: float) -> None:
    """North is up, east is left, the centre lies in the middle, however the image is turned."""
    g, r = (_stack(band, magnitudes, 400, turned) for band, magnitudes in (("g", G), ("r", R)))
    found = _observe(g, r)
    flux = 10 ** found.flux.astype(np.float64)
    for east, north in zip(EAST, NORTH, strict=True):
        column, row = 79.5 - east / 0.25, 79.5 + north / 0.25
        near = (slice(int(row) - 12, int(row) + 14), slice(int(column) - 12, int(column) + 14))
        rows, columns = np.indices(flux.shape)
        weight = flux[near]
        assert np.average(columns[near], weights=weight) == pytest.approx(column, abs=0.1)  # 0.025 arcsec
        assert np.average(rows[near], weights=weight) == pytest.approx(row, abs=0.1)
    np.testing.assert_allclose(_v_in_apertures(found), v_magnitude(G, R), atol=TOLERANCE_MAG)


@pytest.mark.parametrize("scale", [0.12, 0.4, 0.9])
def test_other_pixel_scales_keep_the_flux(scale: float) -> None:
    """An image of any pixel scale gives the same light in the field."""
    images = []
    for band, magnitudes in (("g", G), ("r", R)):
        side = round(64 / scale)
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval = [CENTRE.ra.deg, CENTRE.dec.deg]
        wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
        wcs.wcs.crpix = [(side + 1) / 2 + 0.3, (side + 1) / 2 - 0.2]
        x, y = wcs.world_to_pixel(offset(CENTRE, EAST, NORTH))
        counts = 10 ** (-0.4 * (magnitudes - zero_point(band)))
        camera = Camera(pixels=side, field_arcsec=side * scale)
        stars = light_image(x + 0.5, y + 0.5, counts, camera, Moffat(max(FWHM, 2 * scale)))
        images.append(BandImage(stars, wcs, zero_point(band), band))
    found = _observe(*images)
    expected = -2.5 * np.log10(np.sum(10 ** (-0.4 * v_magnitude(G, R))))
    # of a star 10 arcsec from two edges a Moffat PSF of 1.1 (1.8) arcsec sends 0.3 (0.8) % out of the field
    assert found.v_magnitude == pytest.approx(expected, abs=TOLERANCE_MAG)


def test_a_skycells_edge_is_mosaicked() -> None:
    """Two stacks of other depth and tangent point that meet in the field give what one would."""
    halves = {}
    for band, magnitudes in (("g", G), ("r", R)):
        left, right = _stack(band, magnitudes), _stack(band, magnitudes, tangent=SkyCoord(196.2, 17.0, unit="deg"))
        left.counts[:, SIDE // 2 + 20 :] = np.nan  # through the field, across one star's wings
        right.counts[:, : SIDE // 2 - 20] = np.nan
        deeper = BandImage(right.counts * 2.0, right.wcs, right.zero_point_ab + 2.5 * np.log10(2.0), band)
        halves[band] = mosaic.join([left, deeper], Window(CENTRE, 60.0))
        with pytest.raises(InputError, match="masked or missing"):
            _observe(_renamed(left, "g"), _renamed(left, "r"))
    found = _observe(halves["g"], halves["r"])
    np.testing.assert_allclose(_v_in_apertures(found), v_magnitude(G, R), atol=TOLERANCE_MAG)
    assert not any("masked" in text for text in found.warnings)


def test_extinction_is_corrected_on_demand() -> None:
    g, r = (_stack(band, magnitudes) for band, magnitudes in (("g", G), ("r", R)))
    plain, corrected = (_observe(g, r, distance_kpc=10.0, e_b_v=value) for value in (0.0, 0.2))
    assert plain.v_magnitude - corrected.v_magnitude == pytest.approx(3.1 * 0.2)
    assert corrected.luminosity_lsun == pytest.approx(10 ** (0.4 * 0.62) * (plain.luminosity_lsun or 0))


def test_luminosity_and_map_agree() -> None:
    """L = 4π D² ΣF, and the V of the field gives the same luminosity by its distance modulus."""
    found = _observe(*(_stack(band, magnitudes) for band, magnitudes in (("g", G), ("r", R))), distance_kpc=17.4)
    total = 4 * np.pi * 17.4**2 * (10 ** found.flux.astype(np.float64)).sum()
    modulus = 5 * np.log10(17.4e3 / 10)
    assert found.luminosity_lsun == pytest.approx(10 ** (0.4 * (4.83 + modulus - found.v_magnitude)), rel=1e-6)
    assert found.luminosity_lsun == pytest.approx(total, rel=1e-4)  # float32 and the floor of dark pixels


def test_a_map_is_no_fainter_than_its_noise() -> None:
    """Sky that took more than all the light leaves noise below zero; its rms is where the map ends."""
    camera = Camera()
    y, x = np.indices((camera.pixels, camera.pixels)) - (camera.pixels - 1) / 2
    cluster = np.exp(-np.hypot(x, y) / 10)
    noise = np.random.default_rng(3).normal(0, 1.0, cluster.shape)
    found = from_light(cluster + noise, camera_wcs(camera, CENTRE), name="noisy", source="files")
    unit = _flux_of_one()
    # white noise smoothed by a Gaussian of s = 4 px has a standard deviation of 1 / (2 sqrt(pi) s)
    smoothed = unit / (2 * np.sqrt(np.pi) * camera.smoothing_pixels)
    # negative halves of about 160^2 / (4 pi s^2) = 127 independent cells: 13 % standard deviation of their rms
    assert 10 ** float(found.flux.min()) == pytest.approx(smoothed, rel=0.4)
    assert "raised to it" in found.warnings[-1]
    clean = from_light(cluster, camera_wcs(camera, CENTRE), name="clean", source="files")
    assert clean.warnings == ()
    assert clean.flux.min() < found.flux.min()


def _flux_of_one() -> float:
    """F of a pixel with light 10^(-0.4 V) = 1."""
    even = from_light(np.ones((160, 160)), camera_wcs(Camera(), CENTRE), name="even", source="files")
    return 10 ** float(even.flux[80, 80])


def test_masked_pixels_are_filled_and_told() -> None:
    sky = {band: np.full((SIDE, SIDE), 50.0) for band in "gr"}
    wcs = stack_wcs(TANGENT, CENTRE, SIDE)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[150:158, 140:148] = True
    whole = _observe(*(BandImage(sky[band].copy(), wcs, zero_point(band), band) for band in "gr"))
    masked = [BandImage(sky[band], wcs, zero_point(band), band, mask=mask) for band in "gr"]
    masked[0].counts[mask] = np.nan
    masked[1].counts[mask] = 1e6
    filled = _observe(*masked)
    assert filled.v_magnitude == pytest.approx(whole.v_magnitude, abs=1e-6)  # a flat image is filled without a trace
    assert [text[:6] for text in filled.warnings] == ["g: 0.2", "r: 0.2"]  # 64 of 25600 pixels = 0.25 %
    with pytest.raises(InputError, match=r"masked or missing, at most 0.1 %.*observe.largest_masked"):
        _observe(*masked, largest_masked=0.001)


def test_saturation_and_sky_are_told() -> None:
    bright = np.array([11.5, 17.0, 17.0, 17.0])
    found = _observe(_stack("g", bright), _stack("r", bright))
    assert len([text for text in found.warnings if "reach 90%" in text]) == 2
    generator = np.random.default_rng(1)
    faint = []
    for band, magnitudes in (("g", G), ("r", R)):
        stack = _stack(band, magnitudes)
        stack.counts[...] += generator.normal(0, 20, stack.counts.shape)
        faint.append(stack)
    assert not any("sky" in text for text in _observe(*faint).warnings)  # noise alone says nothing
    for stack in faint:
        stack.counts[...] -= 10
    told = [text for text in _observe(*faint).warnings if "sky" in text]
    assert [text[:34] for text in told] == [f"{band}: the sky was subtracted too much"[:34] for band in "gr"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"band": "i"}, "expected g"),
        ({"counts": np.zeros((SIDE, SIDE))}, "the light of the field is"),
        ({"counts": np.full((SIDE, SIDE), np.nan)}, "100.0 % of the field is masked"),
        ({"counts": np.zeros((20, 20))}, "covers 1 % of the field"),  # 5 arcsec
        ({"counts": np.zeros((3, 4, 5))}, "two dimensions"),
        ({"zero_point_ab": np.nan}, "zero point is nan"),
    ],
)
def test_impossible_images_are_refused(change: dict[str, object], words: str) -> None:
    values = {"counts": _stack("g", G).counts, "wcs": stack_wcs(TANGENT, CENTRE, SIDE), "band": "g"}
    if np.shape(change.get("counts", ())) == (20, 20):
        values["wcs"] = stack_wcs(TANGENT, CENTRE, 20)
    with pytest.raises(InputError, match=words) as caught:
        g = BandImage(**({"zero_point_ab": zero_point("g")} | values | change))  # type: ignore[arg-type]
        _observe(g, BandImage(g.counts, g.wcs, zero_point("r"), "r"))
    assert "\n" not in str(caught.value)


def test_another_place_is_refused() -> None:
    far = SkyCoord(CENTRE.ra + 1 * units.deg, CENTRE.dec)
    with pytest.raises(InputError, match=r"does not show 200\.11288 17\.70025 deg; its middle is at 199\.11"):
        from_images(_stack("g", G), _stack("r", R), name="far", centre=far, source="files")


def test_headers_are_read(tmp_path: Path) -> None:
    """Obsolete PC keywords, the zero point from EXPTIME, the level of saturation; and what a missing one says."""
    stack = _stack("r", R)
    header = old_header(stack.wcs)
    header.update(cards("r"))
    fits.PrimaryHDU(stack.counts.astype(np.float32), header).writeto(tmp_path / "whole.fits")
    found = image.read(tmp_path / "whole.fits")
    assert found.zero_point_ab == pytest.approx(25 + 2.5 * np.log10(720))
    assert found.saturation_counts == 1.2e6
    np.testing.assert_allclose(found.wcs.world_to_pixel(CENTRE), stack.wcs.world_to_pixel(CENTRE), atol=1e-6)
    for key, words in (("EXPTIME", "EXPTIME is None"), ("CTYPE1", "no celestial coordinates can be read")):
        broken = header.copy()
        del broken[key]
        fits.PrimaryHDU(stack.counts, broken).writeto(tmp_path / "broken.fits", overwrite=True)
        with pytest.raises(InputError, match=words):
            image.read(tmp_path / "broken.fits")
    fits.PrimaryHDU(np.zeros((2, 3, 4)), header).writeto(tmp_path / "cube.fits")
    with pytest.raises(InputError, match=r"expected two dimensions, found shape \(2, 3, 4\)"):
        image.read(tmp_path / "cube.fits")
