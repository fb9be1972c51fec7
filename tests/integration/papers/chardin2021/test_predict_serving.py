"""The networks as an MLflow model: logged, loaded, and served over HTTP. A minute: slow."""

from pathlib import Path

import numpy as np
import pytest

from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from tests.support import serving
from tests.support.network_maps import one_map

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_served_predictions_are_those_of_the_networks(model_folder: Path, tmp_path: Path) -> None:
    maps = np.stack([one_map(np.random.default_rng(seed), 10.0, 20.0, 160)[0] for seed in range(2)])
    environment = serving.environment(tmp_path)
    with serving.served(serving.logged("log-model", model_folder, environment), environment) as url:
        found = serving.ask(url, {"inputs": maps.tolist(), "params": {"distance_kpc": 20.0}})
    expected = PiDoc.load(model_folder).predict(maps, 20.0)
    np.testing.assert_allclose(found["mass"], expected.mass, atol=1e-4)
    for name in expected.table:
        told = np.array(found[name], dtype=float)  # null: no interval
        np.testing.assert_allclose(told, expected.table[name].astype(float), rtol=1e-4)
    assert found["notes"] == [list(notes) for notes in expected.notes]
