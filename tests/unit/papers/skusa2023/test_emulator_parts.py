"""The emulator's parts on libraries that are formulas, so that the right answer is known."""

import numpy as np
import pytest
from pydantic import ValidationError

from reproduce.papers.skusa2023 import budget
from reproduce.papers.skusa2023.emulator import design
from reproduce.papers.skusa2023.emulator.baselines import BASELINES, quadratic_terms
from reproduce.papers.skusa2023.emulator.components import blocks, components
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.posterior import stretch
from reproduce.papers.skusa2023.extras.settings import PARAMETERS, Budget, Emulator
from reproduce.papers.skusa2023.settings import Library

ORBITS, VELOCITIES, APERTURES = 6, 15, 4


def _libraries(places: np.ndarray, curved: float) -> Libraries:
    """Linear in the parameters, plus `curved` times a square."""
    random = np.random.default_rng(3)
    shape = (ORBITS, VELOCITIES, APERTURES)
    mean, slopes, square = random.random(shape), 0.1 * random.normal(size=(4, *shape)), random.normal(size=shape)
    cells = np.full((len(places), ORBITS, 2, 2, 2), 0.125)
    cells[:, :, 0, 0, 0] += 0.02 * places[:, :1]
    return Libraries(
        parameters=places,
        histogram=mean + np.tensordot(places, slopes, 1) + curved * (places[:, 0] ** 2)[:, None, None, None] * square,
        intrinsic=cells,
        velocity_edges_kms=np.linspace(-600, 600, VELOCITIES + 1),
        n_tubes=8,
        mass_to_light=5.0,
    )


@pytest.fixture
def places() -> tuple[np.ndarray, np.ndarray]:
    """Training and test places in the box from -1 to 1."""
    train, test = design.unit_design(Emulator(libraries=26, tests=5))
    return 2 * train - 1, 2 * test - 1


def test_the_design_begins_with_its_corners_and_grows_by_appending() -> None:
    small, test = design.unit_design(Emulator(libraries=22))
    large, same = design.unit_design(Emulator(libraries=48))
    assert (small == large[:22]).all() and (test == same).all()
    assert {tuple(row) for row in small[:16]} == {tuple(map(float, f"{k:04b}")) for k in range(16)}
    assert test.min() > 0.04 and test.max() < 0.96
    assert np.linalg.norm(test[:, None] - large[None], axis=-1).min() > 0.01


@pytest.mark.parametrize(("method", "curved"), [("linear", 0.0), ("quadratic", 0.0), ("quadratic", 0.3)])
def test_methods_are_exact_where_they_must_be(
    places: tuple[np.ndarray, np.ndarray], method: str, curved: float
) -> None:
    """Linear interpolation on linear libraries, a quadratic fit on quadratic ones: to rounding."""
    train, test = places
    known, asked = _libraries(train, curved), _libraries(test, curved)
    parts = blocks(known, np.zeros(APERTURES), np.full(APERTURES, 150.0))
    found = components(known, parts, -np.ones(4), np.ones(4))
    assert found.scores.shape[1] == (4 if curved == 0 else 5)  # so many directions there are
    weights = found.weights(BASELINES[method](found.unit(train), found.scores)(found.unit(test)))
    assert weights.sum(axis=1) == pytest.approx(np.ones(5))
    for k in range(5):
        library = known.library(weights[k])
        truth = asked.library(np.eye(5)[k])
        assert library.histogram == pytest.approx(truth.histogram, abs=1e-4)
        assert library.intrinsic == pytest.approx(truth.intrinsic, abs=1e-5)
    assert truth.histogram.shape == (4 * 2 + 2, VELOCITIES, APERTURES)
    assert (truth.histogram[1] == truth.histogram[0][::-1]).all()


def test_linear_interpolation_errs_on_a_square(places: tuple[np.ndarray, np.ndarray]) -> None:
    """And a Gaussian process does not, by much."""
    train, test = places
    target, truth = train[:, :1] ** 2, test[:, :1] ** 2
    error = {name: np.abs(fit(train, target)(test) - truth).max() for name, fit in BASELINES.items()}
    assert error["quadratic"] < 1e-10 < error["gaussian_process"] < 0.2 * error["linear"]


def test_terms_of_a_quadratic() -> None:
    assert quadratic_terms(np.array([[2.0, 3.0]])).tolist() == [[1, 2, 3, 4, 6, 9]]


def test_stretch_moves_sample_a_gaussian() -> None:
    """Mean and spread of two correlated numbers: 32 walkers, 2500 steps, 40 of autocorrelation: 5 %."""
    inverse = np.linalg.inv([[1.0, 0.8], [0.8, 2.0]])
    random = np.random.default_rng(6)
    points, values, accepted = stretch(
        random.normal(size=(32, 2)), lambda x: -0.5 * np.einsum("ni,ij,nj->n", x, inverse, x), 2500, random
    )
    kept = points[200:].reshape(-1, 2)
    assert 0.5 < accepted < 0.9
    assert kept.mean(axis=0) == pytest.approx([0, 0], abs=0.1)
    assert np.cov(kept.T) == pytest.approx(np.array([[1.0, 0.8], [0.8, 2.0]]), abs=0.15)
    assert values.shape == (2500, 32)


def test_stretch_moves_stay_where_they_may_be() -> None:
    random = np.random.default_rng(6)
    inside = lambda x: np.where((np.abs(x) < 1).all(axis=1), 0.0, -np.inf)  # noqa: E731
    points, _, _ = stretch(random.uniform(-1, 1, (10, 3)), inside, 300, random)
    assert np.abs(points).max() < 1
    assert points[50:].reshape(-1, 3).std(axis=0) == pytest.approx(np.full(3, 1 / np.sqrt(3)), rel=0.15)


def test_best_ratio_and_its_range() -> None:
    """Of a parabola: its vertex, and where it has risen by the rise; an open end is the last ratio."""
    ratios = np.linspace(4, 7, 31)
    chi2 = 100 + 50 * (ratios - 5.23) ** 2
    assert budget.best(ratios, chi2) == pytest.approx(5.23, abs=1e-9)
    low, high = budget.interval(ratios, chi2, 18.0)  # 0.6 to each side; straight lines between the ratios
    assert (low, high) == pytest.approx((4.63, 5.83), abs=0.01)
    assert budget.interval(ratios, chi2, 1e4) == (4.0, 7.0)


def test_variants_change_one_thing_and_keep_the_cost() -> None:
    library = Library()
    found = budget.variants(Budget(), library)
    assert found[0][2] == library
    for cause, _, one in found[1:]:
        changed = {name for name in Library.model_fields if getattr(one, name) != getattr(library, name)}
        expected = {
            "seed": {"seed"},
            "tolerance of a step": {"first_tolerance"},
            "periods": {"periods", "samples"},
            "dithering": {"dithering", "periods", "samples"},
        }[cause]
        assert changed - {"seed"} == expected - {"seed"}
        if cause == "dithering":
            assert one.dithering**3 * one.periods <= 4 * library.periods
        if cause == "periods":
            assert one.samples / one.periods == pytest.approx(library.samples / library.periods)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"q": (0.5, 0.5)}, r"emulator\.q must be a range"),
        ({"libraries": 18}, r"must be at least 19"),
        ({"repeats": 9}, r"emulator\.repeats=9 is more than"),
        ({"corners": False, "libraries": 9, "left_out": 5}, r"emulator\.left_out=5 leaves too few"),
    ],
)
def test_settings_that_cannot_be(change: dict, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Emulator(**change)
    assert len(PARAMETERS) == 4
