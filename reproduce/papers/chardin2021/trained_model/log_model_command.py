"""The command ``python -m reproduce log-model``: trained networks as an MLflow model that can be served."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.papers.chardin2021.names import EXPERIMENT, PRETRAINED, USUAL
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow.served_model import ServedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

NOT_KNOWN = -99.0  # as `mlflow_model` has it, which nothing imports


def signature(folder: Path) -> "ModelSignature":
    """Maps (n, ny, nx) of the networks' size; the distance where it is known; for networks that are told what is known,
    [Fe/H] and seeing too."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    pidoc = PiDoc.load(folder)
    side, known = pidoc.pixels, {"distance_kpc": 0.0, "distance_error_kpc": 0.0}
    if not isinstance(pidoc, PiDoc):
        known |= {"metallicity": NOT_KNOWN, "metallicity_error": 0.0, "seeing_arcsec": 0.0, "seeing_error_arcsec": 0.0}
    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, side, side))]),
        params=ParamSchema([ParamSpec(name, "double", value) for name, value in known.items()]),
    )


MODEL = ServedModel(
    name="pidoc",
    experiment=EXPERIMENT,
    code=Path(__file__).with_name("mlflow_model.py"),
    networks=PRETRAINED[USUAL],
    kinds=PRETRAINED,
    signature=signature,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return MODEL.command(arguments, "log-model", __doc__)
