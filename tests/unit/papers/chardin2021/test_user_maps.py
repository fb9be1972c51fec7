"""Maps and distances as users hand them over: units, masks, and what cannot be true."""

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn
from astropy.utils.masked import Masked

from reproduce.papers.chardin2021.trained_model.user_maps import distances_kpc, flux_maps
from reproduce.workflow.errors import InputError

FLUX_UNIT = u.Lsun / u.kpc**2


def smooth_maps() -> np.ndarray:
    """Two maps, log10 F, whose light changes by a few per cent from pixel to pixel."""
    side = np.arange(40) - 19.5
    one = -5 - 0.5 * np.log10(1 + (side**2 + side[:, None] ** 2) / 400)
    return np.stack([one, one - 1]).astype(np.float32)


@pytest.mark.parametrize(
    "distance",
    [
        [16.0, np.nan],
        np.array([16.0, np.nan]) * u.kpc,
        [16_000.0, np.nan] * u.pc,
        [16_000 * u.pc, np.nan * u.kpc],
        Column([16_000.0, np.nan], unit="pc"),
        MaskedColumn([16_000.0, 3.0], unit="pc", mask=[False, True]),
        np.ma.masked_array([16.0, 3.0], [False, True]),
        Masked([16.0, 3.0] * u.kpc, [False, True]),
    ],
)
def test_distances_of_any_kind_are_kpc(distance: Any) -> None:
    np.testing.assert_allclose(distances_kpc(distance, 2), [16.0, np.nan])


def test_one_distance_or_none_serves_all_maps() -> None:
    np.testing.assert_array_equal(distances_kpc(16_000 * u.pc, 3), [16.0] * 3)
    assert np.isnan(distances_kpc(None, 3)).all()


@pytest.mark.parametrize(
    ("distance", "line"),
    [
        ([1.0, 2.0, 3.0], r"shape \(3,\) for 2 maps"),
        ([[1.0, 2.0]], r"shape \(1, 2\)"),
        (3 * u.s, "unit 's', expected a length"),
        ("far", "expected numbers"),
        ([16.0, -1.0], "above 0 kpc and up to 1e6, found -1"),
        (0.0, "found 0"),
        (np.inf, "found inf"),
        (16e9, r"found 1\.6e\+10"),  # in pc, without saying so
    ],
)
def test_bad_distances_are_one_line(distance: Any, line: str) -> None:
    with pytest.raises(InputError, match=line):
        distances_kpc(distance, 2)


def test_fluxes_with_units_are_converted() -> None:
    flux = smooth_maps()
    assert flux_maps(flux).dtype == np.float32
    np.testing.assert_array_equal(flux_maps(flux), flux)
    np.testing.assert_array_equal(flux_maps(flux[0]), flux[:1])
    for one in (flux * u.dex(FLUX_UNIT), 10.0**flux * FLUX_UNIT, 10.0**flux * 1e-6 * u.Lsun / u.pc**2):
        np.testing.assert_allclose(flux_maps(one), flux, atol=1e-5)  # float32


@pytest.mark.parametrize("form", ["array", "list", "one"])
def test_masked_pixels_are_filled_from_their_neighbours(form: str) -> None:
    flux = smooth_maps()
    masked = np.ma.masked_array(flux.copy(), mask=np.zeros(flux.shape, bool))
    masked[0, 10:14, 20:24] = np.ma.masked
    masked.data[masked.mask] = 1e30  # what a mask hides is never looked at
    given = {"array": masked, "list": list(masked), "one": masked[0]}[form]
    found = flux_maps(given)
    np.testing.assert_array_equal(found[~masked.mask[: len(found)]], flux[: len(found)][~masked.mask[: len(found)]])
    # the mean over a Gaussian of σ = 2 px differs from the middle by σ² F''/F ~ 4 / 400 at most, 0.005 dex; doubled
    np.testing.assert_allclose(found[0], flux[0], atol=0.01)


@pytest.mark.parametrize(
    ("flux", "line"),
    [
        (np.full((8, 8), 1e30), r"map 0 holds values from 1e\+30 to 1e\+30, expected log10"),
        (np.full((8, 8), -np.inf), "from -inf"),
        (np.ones((8, 8)) * u.Jy, "unit 'Jy'"),
        (np.zeros((8, 8)) * FLUX_UNIT, "from -inf"),
        (np.ones((8, 8), complex), "expected real numbers"),
        ("map.npy", "expected real numbers"),
        ([np.ones((8, 8)), np.ones((9, 9))], "maps of one shape"),
        (np.ones(8), r"expected the shape \(n, ny, nx\)"),
        (np.ma.masked_array(np.ones((8, 8)), mask=True), "100.0 % of map 0 is masked"),
    ],
)
def test_what_is_no_flux_map_is_one_line(flux: Any, line: str) -> None:
    with pytest.raises(InputError, match=line) as error:
        flux_maps(flux)
    assert "\n" not in str(error.value)


def test_a_hole_too_wide_to_fill_is_refused() -> None:
    flux = np.ma.masked_array(np.full((160, 160), -5.0), mask=np.zeros((160, 160), bool))
    flux[50:80, 50:80] = np.ma.masked  # 3.5 % of the map, but its middle has no neighbour
    with pytest.raises(InputError, match="wider than 16 pixels"):
        flux_maps(flux)
