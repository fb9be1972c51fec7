"""Anybody's image becomes the network's input, or one line says why not."""

import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from reproduce.papers.chardin2021.trained_model.image_file import Reading, read_flux_map
from reproduce.sky.camera import smooth
from reproduce.sky.settings import Camera
from reproduce.stars.photometry import flux_of_luminosity, luminosity_of_apparent
from reproduce.workflow.errors import InputError


def coordinates(shape: tuple[int, int], scale_arcsec: float, ra: float = 199.1, dec: float = 17.7) -> fits.Header:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.cdelt = [-scale_arcsec / 3600, scale_arcsec / 3600]
    return wcs.to_header()


def light(pixels: int, field_arcsec: float, arcsec: float = 4.0) -> np.ndarray:
    """A round Gaussian cluster of a million counts in all, shape (pixels, pixels)."""
    side = (np.arange(pixels) + 0.5) * field_arcsec / pixels - field_arcsec / 2
    profile = np.exp(-(side**2 + side[:, None] ** 2) / (2 * arcsec**2))
    return 1e6 * profile / profile.sum()


def save(path: Path, values: np.ndarray, header: fits.Header | None = None, **cards: object) -> Path:
    hdu = fits.PrimaryHDU(values, header=header)
    for key, value in cards.items():
        hdu.header[key] = value
    hdu.writeto(path)
    return path


def test_a_flux_map_of_the_grid_is_taken_as_it_is(tmp_path: Path) -> None:
    flux = np.random.default_rng(1).normal(-5, 1, (160, 160)).astype(np.float32)
    np.save(tmp_path / "map.npy", flux)
    np.savez(tmp_path / "map.npz", flux=flux)
    save(tmp_path / "map.fits", flux, coordinates((160, 160), 0.25), BUNIT="log10(Lsun/kpc2)")
    for name in ("map.npy", "map.npz", "map.fits"):
        found = read_flux_map(tmp_path / name, Reading(distance_kpc=10.0))
        np.testing.assert_allclose(found.flux, flux, atol=1e-6)  # log10 of a power of ten, in double precision
        expected = 4 * np.pi * 100 * (10 ** flux.astype(float)).sum()
        assert found.luminosity_lsun == pytest.approx(expected, rel=1e-6)
        assert found.name == "map"


def test_an_extension_called_flux_is_preferred(tmp_path: Path) -> None:
    flux = np.full((160, 160), -5.0, np.float32)
    files = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(flux + 9, name="MASS"), fits.ImageHDU(flux, name="FLUX")])
    for hdu in files[1:]:
        hdu.header["BUNIT"] = "log10(Lsun/kpc2)"
    files.writeto(tmp_path / "both.fits")
    np.testing.assert_allclose(read_flux_map(tmp_path / "both.fits").flux, flux, atol=1e-6)


@pytest.mark.parametrize("scale", [0.25, 0.1, 0.4])
def test_counts_of_any_pixel_scale_give_one_flux(tmp_path: Path, scale: float) -> None:
    pixels = round(60 / scale)
    path = save(
        tmp_path / "counts.fits", light(pixels, pixels * scale), coordinates((pixels, pixels), scale), MAGZERO=28.0
    )
    found = read_flux_map(path, Reading(distance_kpc=20.0))
    expected = float(luminosity_of_apparent(28.0 - 15.0, 20.0))  # a million counts are 15 mag brighter than one
    assert found.luminosity_lsun == pytest.approx(expected, rel=1e-5)  # the cluster's 4 arcsec all lie in the field
    flux = flux_of_luminosity(smooth(light(160, 40) * luminosity_of_apparent(28.0, 20.0), 4.0), 20.0)
    inner = (slice(60, 100),) * 2
    # pixels of 0.4 arcsec blur a cluster of 4 arcsec by (0.4² / 12) / 4², a 0.1 % of its width
    np.testing.assert_allclose(10.0 ** found.flux[inner], flux[inner], rtol=5e-3)


def test_linear_flux_is_smoothed(tmp_path: Path) -> None:
    flux = light(160, 40) * 1e-8
    path = save(tmp_path / "flux.fits", flux, coordinates((160, 160), 0.25), BUNIT="Lsun/kpc2")
    expected = np.log10(np.maximum(smooth(flux, 4.0), 1e-12))  # the floor of the mock maps
    np.testing.assert_allclose(read_flux_map(path).flux, expected, atol=1e-5)


def test_options_speak_for_a_silent_image(tmp_path: Path) -> None:
    np.save(tmp_path / "counts.npy", light(300, 60))
    found = read_flux_map(tmp_path / "counts.npy", Reading(pixel_scale_arcsec=0.2, zero_point=28.0, distance_kpc=20.0))
    assert found.luminosity_lsun == pytest.approx(float(luminosity_of_apparent(13.0, 20.0)), rel=1e-5)


def test_a_centre_cuts_the_field_out_of_a_large_image(tmp_path: Path) -> None:
    values = np.full((400, 400), 1e-3)
    values[300, 100] = 1e5
    header = coordinates((400, 400), 0.25)
    path = save(tmp_path / "wide.fits", values, header, MAGZERO=28.0)
    there = SkyCoord(*WCS(header).pixel_to_world_values(100, 300), unit=u.deg)
    flux = read_flux_map(path, Reading(centre=there)).flux
    peak = np.unravel_index(np.argmax(flux), flux.shape)
    assert max(abs(np.array(peak) - 79.5)) <= 0.5  # the middle of an even grid lies between pixels


def test_few_missing_pixels_are_filled(tmp_path: Path) -> None:
    values = light(160, 40)
    values[80, 80] = np.nan
    path = save(tmp_path / "hole.fits", values, coordinates((160, 160), 0.25), MAGZERO=28.0)
    whole = float(luminosity_of_apparent(13.0, 20.0))
    assert read_flux_map(path, Reading(distance_kpc=20.0)).luminosity_lsun == pytest.approx(whole, rel=1e-4)


def test_another_filter_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "r.fits", light(160, 40), coordinates((160, 160), 0.25), MAGZERO=28.0, FILTER="r")
    assert any("filter r" in text for text in read_flux_map(path).warnings)


def test_pan_starrs_own_key_tells_the_filter(tmp_path: Path) -> None:
    path = save(tmp_path / "g.fits", light(160, 40), coordinates((160, 160), 0.25), MAGZERO=28.0)
    with fits.open(path, mode="update") as file:
        file[0].header["HIERARCH FPA.FILTERID"] = "g.00000"
    assert any("filter g;" in text for text in read_flux_map(path).warnings)


@pytest.mark.parametrize("kind", ["extension", "npz"])
def test_a_mask_hides_pixels(tmp_path: Path, kind: str) -> None:
    """A star of 100 times the cluster's light, masked: the luminosity is the cluster's, and the mask is told."""
    values, mask = light(160, 40), np.zeros((160, 160), np.uint8)
    values[30:34, 40:44], mask[30:34, 40:44] = 1e8 / 16, 4
    path = tmp_path / f"masked.{'npz' if kind == 'npz' else 'fits'}"
    if kind == "npz":
        np.savez(path, flux=values, mask=mask)
    else:
        image = fits.ImageHDU(values, coordinates((160, 160), 0.25))
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(mask, name="MASK"), image]).writeto(path)
    found = read_flux_map(path, Reading(zero_point=28.0, distance_kpc=20.0))
    # the 16 pixels, 16 arcsec from the cluster of 4 arcsec, hold exp(-8) of its peak: nothing
    assert found.luminosity_lsun == pytest.approx(float(luminosity_of_apparent(13.0, 20.0)), rel=1e-3)
    assert any("0.062 % of the field was masked" in text for text in found.warnings)


def test_distances_with_a_unit_are_converted(tmp_path: Path) -> None:
    assert Reading(distance_kpc=16_000 * u.pc).distance_kpc == 16.0


def test_endings_in_capitals_are_the_same(tmp_path: Path) -> None:
    flux = np.full((160, 160), -5.0)
    np.save(tmp_path / "map.npy", flux)
    (tmp_path / "map.npy").rename(tmp_path / "MAP.NPY")
    np.testing.assert_allclose(read_flux_map(tmp_path / "MAP.NPY").flux, flux, atol=1e-6)


def refused(path: Path, how: Reading | None = None) -> str:
    with pytest.raises(InputError) as error:
        read_flux_map(path, how)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_bad_images_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "photo.fits").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    assert "a JPEG" in refused(tmp_path / "photo.fits")
    (tmp_path / "page.fits").write_bytes(b"<!DOCTYPE html>")
    assert "HTML" in refused(tmp_path / "page.fits")
    (tmp_path / "nothing.fits").write_bytes(b"")
    assert "an empty file" in refused(tmp_path / "nothing.fits")
    fits.PrimaryHDU().writeto(tmp_path / "noimage.fits")
    assert "without an image" in refused(tmp_path / "noimage.fits")
    cube = save(tmp_path / "cube.fits", np.ones((3, 160, 160), np.float32), BUNIT="log10(Lsun/kpc2)")
    assert "(3, 160, 160)" in refused(cube)
    jansky = save(tmp_path / "jy.fits", np.ones((160, 160)), BUNIT="MJy/sr")
    assert "BUNIT is 'MJy/sr'" in refused(jansky)
    whole = jansky.read_bytes()
    (tmp_path / "half.fits").write_bytes(whole[: len(whole) // 3])
    with pytest.warns(match="truncated"):
        assert "damaged FITS" in refused(tmp_path / "half.fits")
    silent = save(tmp_path / "counts.fits", light(160, 40))
    assert "--zero-point" in refused(silent)
    assert "no such file" in refused(tmp_path / "absent.fits")


def test_bad_arrays_are_told_apart(tmp_path: Path) -> None:
    def array(name: str, values: np.ndarray) -> Path:
        np.save(tmp_path / name, values)
        return tmp_path / name

    assert "no pixel is a finite number" in refused(array("nan.npy", np.full((160, 160), np.nan)))
    assert "shows 5 by 5 arcsec" in refused(
        array("small.npy", np.full((20, 20), -5.0)), Reading(pixel_scale_arcsec=0.25)
    )
    assert "pixels of unknown size" in refused(array("other.npy", np.full((200, 200), -5.0)))
    assert "for counts give --zero-point" in refused(array("linear.npy", light(160, 40)))
    assert "cannot be read" in refused(array("objects.npy", np.array([{}], dtype=object)))
    half = np.full((160, 160), -5.0)
    half[:80] = np.nan
    assert "50.0 % of the pixels" in refused(array("half.npy", half))
    centre = Reading(centre=SkyCoord(10, 10, unit="deg"))
    assert "--centre needs" in refused(array("plain.npy", np.full((160, 160), -5.0)), centre)
    np.savez(tmp_path / "keys.npz", image=np.ones(3))
    assert "expected an array 'flux', found image" in refused(tmp_path / "keys.npz")
    (tmp_path / "text.npy").write_text("no numbers")
    assert "cannot be read" in refused(tmp_path / "text.npy")


def test_what_a_header_announces_is_checked_before_room_is_made(tmp_path: Path) -> None:
    """Each announces 67,000 x 67,000 doubles, 36 GB, in a file of a few kB."""

    def header(shape: tuple[int, ...]) -> bytes:
        stream = BytesIO()
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
        return stream.getvalue() + bytes(800)

    path = save(tmp_path / "large.fits", np.ones((4, 4)), MAGZERO=28.0)
    content = path.read_bytes()
    for axis in (b"NAXIS1", b"NAXIS2"):
        content = content.replace(axis + b"  =                    4", axis + b"  =                67000")
    path.write_bytes(content)
    (tmp_path / "large.npy").write_bytes(header((67_000, 67_000)))
    with zipfile.ZipFile(tmp_path / "large.npz", "w") as archive:
        archive.writestr("flux.npy", header((67_000, 67_000)))
    for name in ("large.fits", "large.npy", "large.npz"):
        assert "announces an image of 67000 x 67000 pixels" in refused(tmp_path / name)


def test_zero_points_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "old.fits", light(160, 40), coordinates((160, 160), 0.25), MAGZERO=-999)
    assert "MAGZERO is -999, expected the V magnitude of one count" in refused(path)
    assert read_flux_map(path, Reading(zero_point=28.0)).flux.shape == (160, 160)
    for value in (-999.0, np.nan, np.inf):
        with pytest.raises(InputError, match="zero point is"):
            Reading(zero_point=value)
    dark = save(tmp_path / "bright.fits", light(160, 40), coordinates((160, 160), 0.25), MAGZERO=1.0)
    assert "look at its unit and zero point" in refused(dark)


def test_a_mask_of_another_shape_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mask.npz", flux=np.full((160, 160), -5.0), mask=np.zeros((80, 80)))
    assert "the mask has shape (80, 80), the image (160, 160)" in refused(tmp_path / "mask.npz")


def test_damage_that_the_libraries_do_not_foresee_is_one_line(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.fits", light(160, 40), MAGZERO=28.0).read_bytes()
    compressed = gzip.compress(whole)
    (tmp_path / "half.fits.gz").write_bytes(compressed[: len(compressed) // 2])
    (tmp_path / "cards.fits").write_bytes(
        whole.replace(b"NAXIS1  =                  160", b"NAXIS1  = 'a hundred'     ")
    )
    for name in ("half.fits.gz", "cards.fits"):
        assert "damaged FITS" in refused(tmp_path / name)


def test_a_sky_below_zero_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "dark.fits", light(160, 40) - 100, coordinates((160, 160), 0.25), MAGZERO=28.0)
    with pytest.raises(InputError, match="sky"):
        read_flux_map(path)


def test_the_grid_follows_the_camera(tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.full((96, 96), -5.0))
    assert read_flux_map(tmp_path / "map.npy", camera=Camera(pixels=96)).flux.shape == (96, 96)
