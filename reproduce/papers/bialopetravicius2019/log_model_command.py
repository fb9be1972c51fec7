"""The command ``python -m reproduce bialopetravicius2019.log-model``: trained networks as an MLflow model to serve."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.papers.bialopetravicius2019.predict_command import PRETRAINED
from reproduce.workflow.served_model import ServedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(folder: Path) -> "ModelSignature":
    """Images (n, bands, ny, nx) of the networks' size."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    from reproduce.papers.bialopetravicius2019.networks.model import ResNet

    side = ResNet.load(folder).architecture.camera.pixels
    return ModelSignature(inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, 3, side, side))]))


MODEL = ServedModel(
    name="bialopetravicius2019",
    experiment="bialopetravicius2019",
    code=Path(__file__).with_name("mlflow_model.py"),
    networks=PRETRAINED,
    signature=signature,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return MODEL.command(arguments, "bialopetravicius2019.log-model", __doc__)
