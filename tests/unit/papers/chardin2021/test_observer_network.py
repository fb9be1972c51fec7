"""The posterior's network: what it is shown of the light, and in which precision."""

import keras
import numpy as np
import pytest

from reproduce.learning import backend  # noqa: F401  (settings of TensorFlow, before any computation)
from reproduce.papers.chardin2021.observer import network
from reproduce.papers.chardin2021.observer.frame import NUMBERS

SIDE = 96


def field(n_stars: int, light: float, seed: int) -> np.ndarray:
    """log10 of the light of equal stars strewn evenly, shape (1, side, side, 1)."""
    places = np.random.default_rng(seed).integers(SIDE, size=(n_stars, 2))
    image = np.zeros((SIDE, SIDE))
    np.add.at(image, tuple(places.T), light)
    return np.log10(image + 1e-6 * light)[None, ..., None].astype(np.float32)


def test_fluctuations_tell_the_number_of_stars_whatever_their_light() -> None:
    few, many, bright = (
        np.asarray(network.graininess(field(n, light, seed)))[0] * network.SHARES[1]
        for n, light, seed in ((2_000, 1.0, 1), (8_000, 1.0, 2), (8_000, 100.0, 2))
    )
    np.testing.assert_allclose(bright, many, atol=1e-3)
    n_cells = np.repeat([(SIDE / side) ** 2 for side in network.SCALES], 2)
    squares = (few - many)[: 3 * len(network.SCALES)].reshape(-1, 3)[:, :2].ravel()
    # Poisson: the sum of squares goes as one through the number; it scatters by sqrt(2 / cells), each of the two
    np.testing.assert_array_less(np.abs(squares - np.log10(4)), 4 * 2 * np.sqrt(1 / n_cells) / np.log(10))


def test_cells_in_order_of_their_light() -> None:
    shares = np.asarray(network.graininess(field(5_000, 1.0, 4)))[0, -len(network.QUANTILES) :]
    image = 10 ** field(5_000, 1.0, 4)[0, ..., 0].astype(np.float64)
    cells = image.reshape(SIDE // 4, 4, SIDE // 4, 4).sum(axis=(1, 3)).ravel() / image.sum()
    expected = np.log10(np.quantile(cells, network.QUANTILES, method="nearest"))
    np.testing.assert_allclose(shares * network.SHARES[1] + network.SHARES[0], expected, atol=1e-3)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_what_is_known_is_seen_in_full_precision(precision: str) -> None:
    keras.config.set_dtype_policy(precision)
    try:
        model = network.build(SIDE, (-5.0, 1.0), 1, 0.125, 0.25, 8, 2, grain=True)
        posterior = model.get_layer("posterior")
        assert {posterior.get_layer(name).compute_dtype for name in ("told", "dense1", "mixture")} == {"float32"}
        assert posterior.get_layer("told").output.dtype == "float32"
        light, known = field(500, 1.0, 3), np.ones((1, NUMBERS), np.float32)
        one, other = (np.asarray(model({"light": light, "known": known + step})["posterior"]) for step in (0.0, 1e-3))
    finally:
        keras.config.set_dtype_policy("float32")
    assert one.dtype == np.float32 and not np.array_equal(one, other)  # bfloat16 has no number between 1 and 1.0078
