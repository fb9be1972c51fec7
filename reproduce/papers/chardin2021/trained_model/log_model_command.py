"""The command ``python -m reproduce log-model``: trained networks as an MLflow model that can be served."""

from collections.abc import Sequence
from pathlib import Path

from reproduce.papers.chardin2021.names import EXPERIMENT, PRETRAINED
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow import served_model

NAME = "pidoc"


def log_model(folder: Path, run_id: str | None = None) -> str:
    """Log the networks in a folder as an MLflow pyfunc model, with the source that runs them, and nothing pickled.

    Parameters
    ----------
    folder : Path
        With all that `PiDoc.load` reads.
    run_id : str, optional
        Run of the present tracking store to log to; a new one of the experiment ``pidoc`` if left out.

    Returns
    -------
    str
        The model's address, ``models:/m-…``.

    Raises
    ------
    InputError
        If the folder holds no networks, or damaged ones.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    side = PiDoc.load(folder).pixels  # also: damaged networks are not logged
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, side, side))]),
        params=ParamSchema([ParamSpec("distance_kpc", "double", 0.0)]),
    )
    code = Path(__file__).with_name("mlflow_model.py")
    return served_model.log(NAME, code, folder, signature, EXPERIMENT, run_id)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    return served_model.command(arguments, "log-model", __doc__, PRETRAINED, EXPERIMENT, log_model)
