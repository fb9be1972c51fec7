"""The command ``python -m reproduce kaur2021.log-model``: trained networks of sets as an MLflow model to serve.

A request is a table of clusters as `observed.answers.answers` takes it, in any form that MLflow knows
(``dataframe_records``, ``dataframe_split``, CSV).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.papers.kaur2021.observed.predict_command import PRETRAINED
from reproduce.workflow.served_model import ServedModel

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(folder: Path) -> "ModelSignature":
    """A table with places, velocities and, where they are known, errors and the galaxies' names."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    from reproduce.papers.kaur2021.sets.levels import CorrectedModel

    CorrectedModel.load(folder)
    needed = [ColSpec(DataType.double, name) for name in ("x_kpc", "y_kpc", "velocity")]
    free = [ColSpec(DataType.double, "error", required=False), ColSpec(DataType.string, "galaxy", required=False)]
    return ModelSignature(inputs=Schema([*needed, *free]))


MODEL = ServedModel(
    name="kaur2021",
    experiment="kaur2021",
    code=Path(__file__).with_name("mlflow_model.py"),
    networks=PRETRAINED,
    signature=signature,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return MODEL.command(arguments, "kaur2021.log-model", __doc__)
