"""King models on the sky: against published values and against the simulations' own King models."""

import numpy as np
import pytest

from reproduce.cluster.initial import king
from reproduce.stars.king import King
from reproduce.workflow.errors import InputError


@pytest.mark.parametrize(("potential", "concentration"), [(1, 0.2956), (5, 1.0291), (7, 1.5277), (9, 2.1185)])
def test_concentrations_are_those_of_king_models(potential: float, concentration: float) -> None:
    # W0 = 1, 5, 7, 9 have c = 0.30, 1.03, 1.53, 2.12 (Binney & Tremaine 2008, Fig. 4.9 and its text, to 0.01)
    assert King.make(potential).concentration == pytest.approx(concentration, abs=2e-3)


def test_a_model_is_found_by_concentration_and_by_radii() -> None:
    model = King.of_concentration(1.41)
    assert model.concentration == pytest.approx(1.41, abs=1e-3)
    again = King.of_radii(3 * model.core_radius, 3 * model.half_light_radius)
    assert again.central_potential == pytest.approx(model.central_potential, abs=0.01)  # the search stops at 1e-3


def test_stars_lie_as_the_model_says() -> None:
    model = King.of_concentration(1.2)
    x, y = model.sample(200_000, 30.0, np.random.default_rng(1))
    radius = np.hypot(x, y)
    scale = 30.0 / model.core_radius
    assert np.median(radius) == pytest.approx(model.half_light_radius * scale, rel=0.01)  # 1.25 r_h / √n is 0.3 %
    rings = [np.mean((radius > a) & (radius < b)) / (b**2 - a**2) for a, b in ((0, 6), (27, 33))]
    assert rings[1] / rings[0] == pytest.approx(0.5, abs=0.03)  # half the central brightness at the core radius


def test_the_simulations_king_model_is_the_same() -> None:
    theirs, _ = king(100_000, 1.5, np.random.default_rng(2))  # in r₀, three-dimensional
    ours = King.of_concentration(1.5)
    for fraction in (0.1, 0.5, 0.9):
        expected = np.interp(fraction, ours.mass, ours.radius)
        assert np.quantile(theirs, fraction) == pytest.approx(expected, rel=0.02)  # 1 % of sampling noise


@pytest.mark.parametrize("radii", [(1.0, 1.0), (1.0, 40.0)])
def test_impossible_radii_are_told(radii: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="half-light over core radius"):
        King.of_radii(*radii)
