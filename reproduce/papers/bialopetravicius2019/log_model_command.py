"""The command ``python -m reproduce bialopetravicius2019.log-model``: trained networks as an MLflow model to serve."""

from collections.abc import Sequence
from pathlib import Path

from reproduce.papers.bialopetravicius2019.predict_command import PRETRAINED
from reproduce.workflow import served_model

NAME = EXPERIMENT = "bialopetravicius2019"


def log_model(folder: Path, run_id: str | None = None) -> str:
    """Log the networks in a folder as an MLflow pyfunc model.

    Parameters
    ----------
    folder : Path
        With all that `model.ResNet.load` reads.
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
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    from reproduce.papers.bialopetravicius2019.networks.model import ResNet

    side = ResNet.load(folder).architecture.camera.pixels  # also: damaged networks are not logged
    signature = ModelSignature(inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, 3, side, side))]))
    code = Path(__file__).with_name("mlflow_model.py")
    return served_model.log(NAME, code, folder, signature, EXPERIMENT, run_id)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    name = "bialopetravicius2019.log-model"
    return served_model.command(arguments, name, __doc__, PRETRAINED, EXPERIMENT, log_model)
