"""The command ``python -m reproduce log-model``: trained networks as an MLflow model that can be served."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.papers.chardin2021.names import EXPERIMENT, PRETRAINED
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow.served_model import ServedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(folder: Path) -> "ModelSignature":
    """Maps (n, ny, nx) of the networks' size, and the distance where it is known."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    side = PiDoc.load(folder).pixels
    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, side, side))]),
        params=ParamSchema([ParamSpec(name, "double", 0.0) for name in ("distance_kpc", "distance_error_kpc")]),
    )


MODEL = ServedModel(
    name="pidoc",
    experiment=EXPERIMENT,
    code=Path(__file__).with_name("mlflow_model.py"),
    networks=PRETRAINED,
    signature=signature,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return MODEL.command(arguments, "log-model", __doc__)
