"""The networks as an MLflow model: logged, loaded, asked. Half a minute: slow."""

from pathlib import Path

import numpy as np
import pytest

from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.weights import save_weights, weights_file
from reproduce.papers.magron2026 import pixels
from reproduce.papers.magron2026.labels import Priors
from reproduce.papers.magron2026.log_model_command import MODEL
from reproduce.papers.magron2026.networks import model
from reproduce.papers.magron2026.settings import Ranges, Train, Views
from reproduce.sky.settings import HstCamera

pytestmark = pytest.mark.slow


def test_a_logged_model_says_what_the_networks_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    camera = HstCamera(pixels=64)
    train = Train(width=4, dense=8, components=2)
    architecture = model.Architecture.of(train, Priors.of(Views(), Ranges()), camera)
    folder = tmp_path / "networks"
    folder.mkdir()
    architecture.save(folder)
    save_weights(architecture.build(), weights_file(folder, model.NAME))
    images = np.random.default_rng(1).normal(0.1, 0.05, (40, 3, 64, 64)).astype(np.float32)
    image, cmds = (
        np.stack(some)[..., None] for some in zip(*(pixels.seen(one, camera) for one in images), strict=True)
    )
    inputs = {"image": image, "cmds": cmds, "given": np.zeros((40, 3), np.float32)}
    described = model.MultiPiDoc.load(folder, with_domain=False).described(inputs)
    DomainFile(Domain.fit(described, described)).save(folder)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    try:
        loaded = mlflow.pyfunc.load_model(MODEL.log(folder))
        hidden, told = loaded.predict(images[:2]), loaded.predict(images[:2], params={"distance_kpc": 785.0})
    finally:
        mlflow.set_tracking_uri("")
    network = model.MultiPiDoc.load(folder)
    for found, distance in ((hidden, None), (told, 785.0)):
        expected = network.predict(images[:2], distance).quantiles([0.5])[0]
        np.testing.assert_allclose(found["log_mass"], expected[:, 3], rtol=1e-5)
        np.testing.assert_allclose(found["distance_kpc"], expected[:, 0], rtol=1e-5)
    assert hidden["log_mass"] != told["log_mass"]
