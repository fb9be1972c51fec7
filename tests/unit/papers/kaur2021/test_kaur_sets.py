"""What networks of sets see, the views they are trained on, and a user's list of clusters."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from reproduce.papers.kaur2021.observed import cluster_lists
from reproduce.papers.kaur2021.observed.systems import project, unproject
from reproduce.papers.kaur2021.sets.clusters import COLUMNS, Seen, appearance, checked, rows
from reproduce.papers.kaur2021.sets.network import build
from reproduce.papers.kaur2021.sets.views import draw
from reproduce.papers.kaur2021.settings import PROFILES, Sets
from reproduce.workflow.errors import InputError
from reproduce.workflow.profiles import SettingsError

CENTRE = (151.308, -7.719)


def clusters(n: int = 50, seed: int = 1) -> Seen:
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, n)) * 10
    return Seen(x, y, generator.normal(0, 150, n), np.full(n, 10.0))


def test_network_does_not_see_the_order_nor_rows_without_a_cluster() -> None:
    network = build(64, width=16, depth=2, components=2)
    seen = clusters()
    shuffled = seen.take(np.random.default_rng(2).permutation(len(seen)))
    inputs = np.stack([rows(seen, 64), rows(shuffled, 64), rows(seen, 64)])[..., None]
    inputs[2] = np.concatenate([inputs[2, 20:], inputs[2, :20]])  # rows without a cluster in the middle
    first, second, third = network.predict_on_batch(inputs)
    np.testing.assert_allclose(second, first, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(third, first, rtol=1e-4, atol=1e-5)
    larger = build(100, width=16, depth=2, components=2)
    larger.set_weights(network.get_weights())
    np.testing.assert_allclose(
        larger.predict_on_batch(rows(seen, 100)[None, ..., None])[0], first, rtol=1e-4, atol=1e-5
    )


def test_rows_are_relative_to_the_mean_velocity_and_hold_no_more_than_fit() -> None:
    seen = clusters(50)
    moved = Seen(seen.x_kpc, seen.y_kpc, seen.velocity_kms + 663, seen.error_kms)
    np.testing.assert_allclose(rows(moved, 64), rows(seen, 64), atol=1e-5)
    found = rows(seen, 64)
    assert found[:, COLUMNS.index("there")].sum() == 50
    assert not found[50:].any()
    assert rows(seen, 20).shape == (20, len(COLUMNS))


def test_turning_changes_nothing_that_matters() -> None:
    seen = clusters()
    turned = seen.turned(1.1, mirror=True, reverse=True)
    np.testing.assert_allclose(np.hypot(turned.x_kpc, turned.y_kpc), np.hypot(seen.x_kpc, seen.y_kpc))
    np.testing.assert_allclose(turned.velocity_kms, -seen.velocity_kms)
    np.testing.assert_allclose(appearance(turned), appearance(seen))
    cross = seen.x_kpc[0] * seen.y_kpc[1] - seen.x_kpc[1] * seen.y_kpc[0]
    mirrored = turned.x_kpc[0] * turned.y_kpc[1] - turned.x_kpc[1] * turned.y_kpc[0]
    assert mirrored == pytest.approx(-cross)


def test_views_keep_to_their_ranges() -> None:
    sets = Sets(inner_kpc=(2.0, 2.0), outer_kpc=(15.0, 15.0), clusters=(30.0, 60.0), distance_error=0.0)
    generator = np.random.default_rng(3)
    position, velocity = generator.normal(size=(500, 3)) * 12, generator.normal(size=(500, 3)) * 100
    numbers, with_errors = [], []
    for number in range(60):
        seen = draw(position, velocity, sets, np.random.default_rng(number))
        radius = np.hypot(seen.x_kpc, seen.y_kpc)
        assert radius.min() > 2
        assert radius.max() < 15
        numbers.append(len(seen))
        with_errors.append(bool(seen.error_kms.any()))
    assert 30 <= min(numbers) < 36
    assert 54 < max(numbers) <= 60
    assert np.mean(with_errors) == pytest.approx(
        sets.with_errors, abs=0.2
    )  # 60 draws of 0.7: three standard deviations
    again = draw(position, velocity, sets, np.random.default_rng(59))
    np.testing.assert_array_equal(again.velocity_kms, seen.velocity_kms)


def test_an_empty_field_is_filled_from_beside_it() -> None:
    sets = Sets(inner_kpc=(0.0, 0.0), outer_kpc=(12.0, 12.0), clusters=(30.0, 60.0))
    far = np.random.default_rng(4).normal(size=(100, 3)) + np.array([300.0, 0, 0])
    assert len(draw(far, far, sets, np.random.default_rng(1))) == 30


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("sets.clusters=[30,300]", "sets.size=256"),
        ("sets.outer_kpc=[2,50]", "beyond sets.inner_kpc"),
        ("sets.errors_kms=[30,3]", "range"),
    ],
)
def test_ranges_that_cannot_be_are_refused(override: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        PROFILES.load("laptop", [override])


def test_places_on_the_sky_and_back() -> None:
    """Against the small-angle formulae, at 9.4 Mpc: 1 arcmin is 2.734 kpc."""
    x, y = project(np.array([CENTRE[0]]), np.array([CENTRE[1] + 1 / 60]), CENTRE, 9.4)
    assert float(y[0]) == pytest.approx(9_400 * np.radians(1 / 60), rel=1e-6)
    assert float(x[0]) == pytest.approx(0, abs=1e-9)
    east, _ = project(np.array([CENTRE[0] + 0.01]), np.array([CENTRE[1]]), CENTRE, 9.4)
    assert float(east[0]) == pytest.approx(9_400 * np.radians(0.01) * np.cos(np.radians(CENTRE[1])), rel=1e-5)
    ra, dec = unproject(np.array([5.0, -20.0]), np.array([3.0, 30.0]), CENTRE, 9.4)
    x, y = project(ra, dec, CENTRE, 9.4)
    np.testing.assert_allclose(x, [5, -20])
    np.testing.assert_allclose(y, [3, 30])


def listed(path: Path, **changes: object) -> Path:
    """A list of 40 clusters with places on the sky."""
    seen = clusters(40)
    ra, dec = unproject(seen.x_kpc, seen.y_kpc, CENTRE, 9.4)
    columns = {"ra": ra, "dec": dec, "velocity": seen.velocity_kms + 663, "error": seen.error_kms} | changes
    table = Table({name: values for name, values in columns.items() if values is not None})
    table.write(path, format=cluster_lists.FORMATS[path.suffix])
    return path


@pytest.mark.parametrize("suffix", [".csv", ".ecsv", ".vot"])
def test_a_list_in_any_format_gives_the_clusters(tmp_path: Path, suffix: str) -> None:
    found = cluster_lists.read(
        listed(tmp_path / f"list{suffix}"), distance_mpc=9.4, centre=SkyCoord(*CENTRE, unit="deg"), velocity_kms=663.0
    )
    np.testing.assert_allclose(found.seen.x_kpc, clusters(40).x_kpc, atol=1e-6)
    np.testing.assert_allclose(found.seen.error_kms, 10)
    assert found.warnings == ()


def test_units_and_names_of_catalogues_are_known(tmp_path: Path) -> None:
    seen = clusters(40)
    ra, dec = unproject(seen.x_kpc, seen.y_kpc, CENTRE, 9.4)
    place = SkyCoord(ra, dec, unit="deg")
    table = Table(
        {
            "RAJ2000": place.ra.to_string(u.hourangle, sep=":", precision=6),
            "DEJ2000": place.dec.to_string(u.deg, sep=":", precision=6),
            "HRV": (seen.velocity_kms / 1000) * u.km / u.s * 1000,
            "e_HRV": np.full(40, 10_000.0) * u.m / u.s,
        }
    )
    table["HRV"][3] = 99.0
    table.write(tmp_path / "list.ecsv", format="ascii.ecsv")
    found = cluster_lists.read(tmp_path / "list.ecsv", distance_mpc=9.4, centre=SkyCoord(*CENTRE, unit="deg"))
    np.testing.assert_allclose(found.seen.x_kpc, np.delete(seen.x_kpc, 3), atol=1e-4)
    np.testing.assert_allclose(found.seen.error_kms, 10)
    assert found.warnings == ("1 of 40 clusters have no velocity and are left out",)


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({"velocity": None}, {}, "no column velocity"),
        ({"ra": None}, {}, "no columns ra and dec, or x_kpc and y_kpc"),
        ({}, {"distance_mpc": None}, "--distance MPC"),
        ({"velocity": ["fast"] * 40}, {}, "holds text"),
        ({"error": np.full(40, -1.0)}, {}, "an error is negative"),
        ({"dec": np.linspace(-40, 40, 40)}, {}, "deg from the centre"),
    ],
)
def test_a_wrong_list_is_one_clear_line(tmp_path: Path, changes: dict, options: dict, words: str) -> None:
    path = listed(tmp_path / "list.csv", **changes)
    with pytest.raises(InputError, match=words) as caught:
        cluster_lists.read(path, **({"distance_mpc": 9.4} | options))
    assert "\n" not in str(caught.value)


def test_what_is_assumed_is_told(tmp_path: Path) -> None:
    velocity = clusters(40).velocity_kms + 663
    velocity[5] = -3_000
    found = cluster_lists.read(listed(tmp_path / "list.csv", error=None, velocity=velocity), distance_mpc=9.4)
    text = "; ".join(found.warnings)
    for words in ("no column error", "no --centre", "1 velocities are more than 5 standard deviations"):
        assert words in text


def test_clusters_that_are_no_numbers_are_named() -> None:
    with pytest.raises(InputError, match="a velocity is not a finite number"):
        checked([1.0, 2.0], [1.0, 2.0], [1.0, np.nan])
    with pytest.raises(InputError, match="of one length"):
        checked([1.0, 2.0], [1.0, 2.0], [1.0])
