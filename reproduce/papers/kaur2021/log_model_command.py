"""The command ``python -m reproduce kaur2021.log-model``: trained networks of sets as an MLflow model to serve."""

from collections.abc import Sequence
from pathlib import Path

from reproduce.papers.kaur2021.observed.predict_command import PRETRAINED
from reproduce.workflow import served_model

NAME = EXPERIMENT = "kaur2021"


def log_model(folder: Path, run_id: str | None = None) -> str:
    """Log the networks in a folder as an MLflow pyfunc model.

    A request is a table of clusters as `observed.answers.answers` takes it, in any form that MLflow knows
    (``dataframe_records``, ``dataframe_split``, CSV).

    Parameters
    ----------
    folder : Path
        With all that `sets.levels.CorrectedModel.load` reads.
    run_id : str, optional
        Run of the present tracking store to log to; a new one if left out.

    Returns
    -------
    str
        The model's address, ``models:/m-…``.

    Raises
    ------
    InputError
        If the folder holds no networks, or damaged ones.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    from reproduce.papers.kaur2021.sets.levels import CorrectedModel

    CorrectedModel.load(folder)  # damaged networks are not logged
    needed = [ColSpec(DataType.double, name) for name in ("x_kpc", "y_kpc", "velocity")]
    free = [ColSpec(DataType.double, "error", required=False), ColSpec(DataType.string, "galaxy", required=False)]
    code = Path(__file__).with_name("mlflow_model.py")
    return served_model.log(NAME, code, folder, ModelSignature(inputs=Schema([*needed, *free])), EXPERIMENT, run_id)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return served_model.command(arguments, "kaur2021.log-model", __doc__, PRETRAINED, EXPERIMENT, log_model)
