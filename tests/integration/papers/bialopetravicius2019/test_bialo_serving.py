"""The networks as an MLflow model: logged, loaded, asked. Half a minute: slow."""

from pathlib import Path

import numpy as np
import pytest

from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.weights import save_weights, weights_file
from reproduce.papers.bialopetravicius2019.labels import Priors
from reproduce.papers.bialopetravicius2019.log_model_command import MODEL
from reproduce.papers.bialopetravicius2019.networks import model
from reproduce.papers.bialopetravicius2019.settings import Train
from reproduce.sky.settings import DrawnClusters, HstCamera

pytestmark = pytest.mark.slow


def test_a_logged_model_says_what_the_networks_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    train = Train(depth=10, width=4, dense=8, components=2, bins=0)
    architecture = model.Architecture.of(train, Priors.of(DrawnClusters(), 0.05), HstCamera(pixels=80))
    folder = tmp_path / "networks"
    folder.mkdir()
    architecture.save(folder)
    save_weights(architecture.build(), weights_file(folder, model.NAME))
    images = np.random.default_rng(1).normal(0.1, 0.05, (40, 3, 80, 80)).astype(np.float32)
    described = model.ResNet.load(folder, with_domain=False).described(images)
    DomainFile(Domain.fit(described, described)).save(folder)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    try:
        loaded = mlflow.pyfunc.load_model(MODEL.log(folder))
        found = loaded.predict(images[:2])
    finally:
        mlflow.set_tracking_uri("")
    expected = model.ResNet.load(folder).predict(images[:2])
    np.testing.assert_allclose(found["log_mass"], expected.quantiles([0.5])[0, :, 1], rtol=1e-5)
    np.testing.assert_allclose(found["there"], expected.there, rtol=1e-5)
