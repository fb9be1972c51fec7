"""The command ``python -m reproduce magron2026.log-model``: trained networks as an MLflow model to serve."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.workflow.served_model import ServedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(folder: Path) -> "ModelSignature":
    """Images (n, bands, ny, nx) of the networks' size, and their distance with its error."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    from reproduce.papers.magron2026.networks.model import MultiPiDoc

    side = MultiPiDoc.load(folder).architecture.camera.pixels
    images = Schema([TensorSpec(np.dtype(np.float32), (-1, 3, side, side))])
    # 0: not known
    distance = ParamSchema([ParamSpec(name, "double", 0.0) for name in ("distance_kpc", "distance_error_kpc")])
    return ModelSignature(inputs=images, params=distance)


MODEL = ServedModel(
    name="magron2026",
    experiment="magron2026",
    code=Path(__file__).with_name("mlflow_model.py"),
    networks=None,
    signature=signature,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return MODEL.command(arguments, "magron2026.log-model", __doc__)
