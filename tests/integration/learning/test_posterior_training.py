"""A network that learns a posterior which is known: two numbers with normal priors, seen through normal noise."""

import functools

import h5py
import keras
import numpy as np
import pytest

from reproduce.learning import calibration
from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.posterior import Mixture, MixtureLoss, n_numbers
from reproduce.learning.task import Head, Task
from reproduce.learning.training import train
from reproduce.learning.weights import load_weights
from reproduce.workflow.executor import InProcess

SEES = np.array([[1.0, 0.8], [0.0, 1.0]])  # x = SEES @ parameters + noise
NOISE = 0.7
COLUMNS = ("first", "second")


def network() -> keras.Model:
    seen = keras.Input((2,), name="seen")
    x = keras.layers.Dense(16, activation="relu", name="hidden")(seen)
    return keras.Model(seen, keras.layers.Dense(n_numbers(2, 2), name="parameters")(x), name="known")


def items(generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    true = generator.normal(size=(n, 2))
    return true, true @ SEES.T + NOISE * generator.normal(size=(n, 2))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, list[dict[str, float]]]:
    folder, generator = tmp_path_factory.mktemp("posterior"), np.random.default_rng(1)
    with h5py.File(folder / "data.h5", "w") as file:
        for group, n in (("train", 4_096), ("validation", 1_024)):
            true, seen = items(generator, n)
            for d, name in enumerate(COLUMNS):
                file[f"{group}/{name}"], file[f"{group}/seen_{name}"] = true[:, d], seen[:, d]
    unit = ((0.0, 0.0), (1.0, 1.0))
    data = ArrayFile(
        folder / "data.h5",
        {"seen": Array(tuple(f"seen_{name}" for name in COLUMNS), *unit)},
        {"parameters": Array(COLUMNS, *unit)},
        labels=COLUMNS,
    )
    task = Task(
        name="known",
        build=network,
        data=data,
        heads=(Head("parameters", functools.partial(MixtureLoss, 2, 2)),),
        seeds=(1, 0, 0),
        epochs=20,
        batch_size=128,
        learning_rate=0.01,
        weights=folder / "known.weights.h5",
        state=folder / "state.h5",
        schedule="cosine",
    )
    history = train([[task]], InProcess())["known"]
    model = network()
    load_weights(model, task.weights)
    return model, history


def test_a_network_learns_the_known_posterior(trained: tuple[keras.Model, list[dict[str, float]]]) -> None:
    """Bayes's rule for normal priors and noise: precision 1 + SᵀS / σ², mean its inverse times Sᵀx / σ².

    The information that the network loses is the difference of the mean log densities: 0.006 to 0.014 nats with four
    seeds, of the 1.16 that the data give. Its mean was off by 0.33 at most, of 4,000 items; σ is 0.59.
    """
    model, history = trained
    true, seen = items(np.random.default_rng(2), 4_000)
    mixture = Mixture.of_network(model.predict(seen, verbose=0), 2)
    covariance = np.linalg.inv(np.eye(2) + SEES.T @ SEES / NOISE**2)
    means = seen @ SEES @ covariance / NOISE**2
    exact = Mixture(
        np.ones((4_000, 1)), means[:, None], np.tile(np.linalg.cholesky(np.linalg.inv(covariance)).T, (4_000, 1, 1, 1))
    )
    samples = exact.sample(1, np.random.default_rng(3))[:, 0] - means
    np.testing.assert_allclose(np.cov(samples.T), covariance, atol=0.02)  # so the factor above is what it should be
    lost = np.mean(exact.log_density(true) - mixture.log_density(true))
    assert -0.005 < lost < 0.03
    np.testing.assert_allclose(mixture.mean(), means, atol=0.5)
    assert history[-1]["val_mse"] == pytest.approx(np.trace(covariance) / 2, rel=0.1)
    assert history[-1]["val_r2"] == pytest.approx(1 - history[-1]["val_mse"], abs=0.05)


def test_it_is_calibrated(trained: tuple[keras.Model, list[dict[str, float]]]) -> None:
    true, seen = items(np.random.default_rng(4), 2_000)
    mixture = Mixture.of_network(trained[0].predict(seen, verbose=0), 2)
    found = calibration.check(
        mixture, true, np.arange(2_000), levels=(0.68, 0.95), n_samples=200, bootstrap=100, seed=1
    )
    for after in ("", "_2"):
        assert found[f"coverage_68{after}"] == pytest.approx(68, abs=5)  # as the issue asks: ± 5, ± 3
        assert found[f"coverage_95{after}"] == pytest.approx(95, abs=3)
