"""The networks on Keras's other backends: the same weights say the same, and training goes on to its end."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from reproduce.papers.chardin2021.networks import prediction
from reproduce.papers.chardin2021.networks.training import train
from reproduce.papers.chardin2021.settings import Train
from tests.support.network_maps import write_maps

SETTINGS = Train(architecture="compact", width=0.25, regressor_width=0.25, loss="mse", epochs=1, regressor_epochs=1)
SCRIPT = """
import sys
from pathlib import Path
import keras
import numpy as np
from reproduce.papers.chardin2021.networks import prediction
from reproduce.papers.chardin2021.networks.training import train
from reproduce.papers.chardin2021.settings import Train

assert keras.backend.backend() == sys.argv[1], keras.backend.backend()
folder = Path(sys.argv[2])
flux = np.load(folder / "flux.npy")
found = prediction.load(folder, folder / "scaler.json").predict(flux)
settings = Train.model_validate_json(sys.argv[3])
metrics = train(folder / "maps.h5", folder / "scaler.json", settings, folder / "there", folder / "checks")
np.savez(folder / "found.npz", mass=found.mass, age=found.age_gyr, loss=metrics["validation_loss_regressor"])
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    maps, scaler = write_maps(tmp_path, train=24, validation=8, test=4, pixels=96)
    metrics = train(maps, scaler, SETTINGS, tmp_path, tmp_path / "checkpoint")
    flux = np.random.default_rng(0).normal(-5.4, 1, (3, 96, 96)).astype(np.float32)
    np.save(tmp_path / "flux.npy", flux)
    here = prediction.load(tmp_path, scaler).predict(flux)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, backend, str(tmp_path), SETTINGS.model_dump_json()],
        env=os.environ | {"KERAS_BACKEND": backend},
        check=True,
    )
    there = np.load(tmp_path / "found.npz")
    # float32 convolutions summed in another order
    np.testing.assert_allclose(there["mass"], here.mass, atol=2e-3)
    np.testing.assert_allclose(there["age"], here.age_gyr, rtol=1e-3)
    # other random numbers for weights and dropout: the same kind of loss, not the same
    assert 0.2 < there["loss"] / metrics["validation_loss_regressor"] < 5


def test_mixed_precision_trains(tmp_path):
    maps, scaler = write_maps(tmp_path, train=24, validation=8, test=4, pixels=96)
    settings = SETTINGS.model_copy(update={"precision": "mixed_bfloat16"})
    metrics = train(maps, scaler, settings, tmp_path / "files", tmp_path / "checkpoint")
    assert np.isfinite(metrics["validation_loss_encoder_decoder"])
    found = prediction.load(tmp_path / "files", scaler).predict(np.full((1, 96, 96), -5.4, np.float32))
    assert found.mass.dtype == np.float32
