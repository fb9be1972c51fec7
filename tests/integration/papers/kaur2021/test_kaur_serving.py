"""The networks of sets as an MLflow model: logged, loaded, and served over HTTP. A minute: slow."""

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from reproduce.papers.kaur2021.log_model_command import MODEL
from reproduce.papers.kaur2021.observed.predict_command import PRETRAINED
from reproduce.papers.kaur2021.sets.clusters import Seen
from reproduce.papers.kaur2021.sets.levels import CorrectedModel
from tests.support import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KEYS = ("mass_msun", "low_68_msun", "high_68_msun", "low_95_msun", "high_95_msun", "domain")


@pytest.fixture(scope="module")
def clusters() -> pd.DataFrame:
    """Clusters of two galaxies."""
    generator = np.random.default_rng(3)
    radius, angle = generator.gamma(2.0, 6.0, 100), generator.uniform(0, 2 * np.pi, 100)
    return pd.DataFrame(
        {
            "galaxy": ["A"] * 60 + ["B"] * 40,
            "x_kpc": radius * np.cos(angle),
            "y_kpc": radius * np.sin(angle),
            "velocity": 700 + generator.normal(0, np.repeat([90.0, 130.0], [60, 40])),
            "error": 12.0,
        }
    )


@pytest.fixture(scope="module")
def expected(clusters: pd.DataFrame) -> dict[str, list[float]]:
    """By the networks themselves."""
    seen = [
        Seen(*(own[name].to_numpy() for name in ("x_kpc", "y_kpc", "velocity", "error")))
        for _, own in clusters.groupby("galaxy")
    ]
    masses = CorrectedModel.load(PRETRAINED).predict(seen)
    (low, high), found = masses.intervals_msun(), [masses.median_msun()]
    for level in range(2):
        found += [low[level], high[level]]
    return dict(zip(KEYS, [values.tolist() for values in (*found, masses.domain)], strict=True))


def test_a_logged_model_says_what_the_networks_say(
    clusters: pd.DataFrame, expected: dict[str, list[float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    try:
        loaded = mlflow.pyfunc.load_model(MODEL.log(PRETRAINED))
        found = loaded.predict(clusters)
        (alone,) = loaded.predict(clusters[["x_kpc", "y_kpc", "velocity"]])  # one galaxy without a name or errors
    finally:
        mlflow.set_tracking_uri("")
    _same(found, expected)
    assert alone["clusters"] == 100
    assert any("taken as exact" in text for text in alone["warnings"])


def test_served_masses_are_those_of_the_networks(
    clusters: pd.DataFrame, expected: dict[str, list[float]], tmp_path: Path
) -> None:
    environment = serving.environment(tmp_path)
    with serving.served(serving.logged("kaur2021.log-model", PRETRAINED, environment), environment) as url:
        found = serving.ask(url, {"dataframe_records": clusters.to_dict("records")})
    _same(found, expected)
    for one in found:
        quantiles = one["quantiles_msun"]
        assert len(quantiles) == 99 and np.all(np.diff(quantiles) > 0)
        assert quantiles[49] == pytest.approx(one["mass_msun"], rel=1e-6)


def _same(found: list[dict], expected: dict[str, list[float]]) -> None:
    assert [one["galaxy"] for one in found] == ["A", "B"]
    for name, values in expected.items():
        np.testing.assert_allclose([one[name] for one in found], values, rtol=1e-4)
