"""Maps of one view: refusals, FITS files, settings."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from reproduce.cluster.snapshot import Snapshot
from reproduce.sky.camera import Stars, View
from reproduce.sky.map_files import read_maps, write_maps
from reproduce.sky.maps import observe, render
from reproduce.sky.settings import Camera, Effects
from reproduce.stars.photometry import band_luminosity
from reproduce.workflow.errors import InputError
from tests.support.mock_clusters import plummer


@pytest.fixture(scope="module")
def cluster() -> Snapshot:
    return plummer()


def test_fits_round_trip_with_astropy_alone(cluster: Snapshot, tmp_path: Path) -> None:
    maps = observe(cluster, 15 * u.kpc, 1 * u.arcsec, shift=[1.5, -2] * u.arcsec, quarter_turns=3)
    write_maps(maps, tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as file:
        assert np.array_equal(file["FLUX"].data, maps.flux) and np.array_equal(file["MASS"].data, maps.mass)
        assert file["FLUX"].header["BUNIT"] == "log10(Lsun/kpc2)" and file["MASS"].header["BUNIT"] == "log10(Msun)"
        assert file[0].header["DISTANCE"] == 15 and file[0].header["ROTATION"] == 270
        wcs = WCS(file["FLUX"].header)
    corners = wcs.pixel_to_world([-0.5, 159.5], [79.5, 79.5])
    assert corners[0].separation(corners[1]).arcsec == pytest.approx(
        40, rel=1e-6
    )  # the field's side; tan x - x is 1e-9
    back = read_maps(tmp_path / "a.fits")
    assert back.view == maps.view and back.camera == maps.camera and back.mass_msun == maps.mass_msun
    assert np.array_equal(back.flux, maps.flux)
    write_maps(maps, tmp_path / "b.fits")
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


def test_files_that_hold_no_maps_are_refused(cluster: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no FITS file"):
        read_maps(tmp_path / "none.fits")
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(tmp_path / "other.fits")
    with pytest.raises(InputError, match="no FITS file"):
        read_maps(tmp_path / "other.fits")
    write_maps(observe(cluster, 15 * u.kpc, 1 * u.arcsec), tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits", mode="update") as file:
        file["MASS"].header["BUNIT"] = "Msun"
    with pytest.raises(InputError, match="BUNIT"):
        read_maps(tmp_path / "a.fits")


@pytest.mark.parametrize("value", [float("nan"), -1.0, float("inf")])
def test_impossible_luminosities_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="found 1 of 3"):
        band_luminosity([1.0, value, 1.0], [5000, 5000, 5000], [1, 1, 1])


def test_a_shining_star_without_temperature_is_refused() -> None:
    with pytest.raises(InputError, match="temperature"):
        band_luminosity([1.0, 1.0], [5000, 0], [1, 1])
    assert band_luminosity([0.0, 1.0], [0, 0], [1, 14]).tolist() == [0, 0]  # what is dark needs none


def test_another_kind_of_snapshot_is_refused() -> None:
    with pytest.raises(InputError, match="SimpleNamespace without position_pc"):
        observe(SimpleNamespace(x=1), 15 * u.kpc, 1 * u.arcsec)


def test_an_empty_or_dark_field_is_refused(cluster: Snapshot) -> None:
    with pytest.raises(InputError, match=r"snapshot 0 of Plummer: no star shines in a field of 40 arcsec at 15 kpc"):
        observe(cluster, 15 * u.kpc, 1 * u.arcsec, shift=[2, 0] * u.deg)
    dark = Stars.of(replace(cluster, stellar_type=np.full(len(cluster), 14, np.int8)))
    with pytest.raises(InputError, match="no star shines"):
        render(dark, Camera(), View(15.0, 1.0))


@pytest.mark.parametrize(
    ("distance", "fwhm", "named"),
    [
        (0 * u.kpc, 1 * u.arcsec, "distance is 0.0 kpc"),
        (-3 * u.kpc, 1 * u.arcsec, "distance is -3.0 kpc"),
        (np.nan * u.kpc, 1 * u.arcsec, "distance is nan"),
        (15 * u.kpc, 0 * u.arcsec, "half maximum is 0.0"),
        (15, 1 * u.arcsec, "astropy units"),
        (15 * u.arcsec, 1 * u.arcsec, "astropy units"),
    ],
)
def test_impossible_views_are_refused(cluster: Snapshot, distance: u.Quantity, fwhm: u.Quantity, named: str) -> None:
    with pytest.raises(InputError, match=named):
        observe(cluster, distance, fwhm)


def test_effects_need_a_seed_and_repeat_with_it(cluster: Snapshot) -> None:
    noisy = Camera(effects=Effects(zero_point_mag=30.0))
    with pytest.raises(InputError, match="seed"):
        observe(cluster, 15 * u.kpc, 1 * u.arcsec, camera=noisy)
    a, b, c = (observe(cluster, 15 * u.kpc, 1 * u.arcsec, camera=noisy, seed=seed).flux for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.mark.parametrize(
    "change",
    [
        {"field_arcsec": 30.0},
        {"pixels": 100},
        {"psf": "gaussian"},
        {"moffat_beta": 3.5},
        {"smoothing_pixels": 2.0},
        {"flux_floor": 1e-6},
        {"effects": Effects(field_stars_per_arcmin2=50)},
    ],
    ids=str,
)
def test_every_camera_setting_changes_the_flux_map(cluster: Snapshot, change: dict) -> None:
    plain = observe(cluster, 15 * u.kpc, 1 * u.arcsec, seed=1)
    changed = observe(cluster, 15 * u.kpc, 1 * u.arcsec, camera=Camera(**change), seed=1)
    assert changed.flux.shape == 2 * (changed.camera.pixels,)
    assert not np.array_equal(plain.flux, changed.flux)


def test_the_mass_floor_holds(cluster: Snapshot) -> None:
    mass = observe(cluster, 15 * u.kpc, 1 * u.arcsec, camera=Camera(mass_floor=0.01)).mass
    assert mass.min() == np.float32(np.log10(0.01)) and mass.max() > mass.min()
    assert np.count_nonzero(observe(cluster, 15 * u.kpc, 1 * u.arcsec).mass <= -4) > 0  # empty pixels are finite
