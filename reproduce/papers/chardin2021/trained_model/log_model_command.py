"""The command ``python -m reproduce log-model``: trained networks as an MLflow model that can be served."""

import argparse
import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import data_manifests
import reproduce
import tuning
from reproduce.papers.chardin2021.names import EXPERIMENT, PRETRAINED
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow.arguments import Parser

NAME = "pidoc"
PACKAGES = ("astropy", "h5py", "keras", "numba", "numpy", "pandas", "pydantic", "pyyaml", "scikit-learn", "scipy")
TENSORFLOW = ("tensorflow-cpu", "tensorflow")  # whichever is installed


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
    import mlflow
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    side = PiDoc.load(folder).pixels  # also: damaged networks are not logged
    packages = [Path(package.__file__ or "").parent for package in (reproduce, data_manifests, tuning)]
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, side, side))]),
        params=ParamSchema([ParamSpec("distance_kpc", "double", 0.0)]),
    )
    if run_id is None:
        mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_id, run_name=None if run_id else "log-model"):
        model = mlflow.pyfunc.log_model(
            name=NAME,
            python_model=str(Path(__file__).with_name("mlflow_model.py")),
            artifacts={"networks": str(folder)},
            code_paths=[str(package) for package in packages],
            pip_requirements=_requirements(),
            signature=signature,
        )
    return str(model.model_uri)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    build = Parser(prog="python -m reproduce log-model", description=__doc__)
    build.add_argument("--networks", type=Path, default=PRETRAINED, help="folder of networks (default: the package's)")
    options: argparse.Namespace = build.parse_args(arguments)
    from reproduce.workflow.project import project_folder
    from reproduce.workflow.tracking import Tracker

    project = project_folder()
    tracker = Tracker(
        project, project / "outputs", EXPERIMENT
    )  # makes the store and the experiment where they are not there
    import mlflow

    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI") or tracker.name)
    address = log_model(options.networks)
    serve = f"mlflow models serve -m {address} --env-manager local -p 5001"
    print(f"{address}\nserve it: MLFLOW_TRACKING_URI={tracker.name} {serve}")
    return 0


def _requirements() -> list[str]:
    """The versions that are installed, of what a prediction needs."""
    versions = {package: metadata.version(package) for package in PACKAGES}
    for package in TENSORFLOW:
        try:
            versions[package] = metadata.version(package)
            break
        except metadata.PackageNotFoundError:
            continue
    return [f"{package}=={version}" for package, version in versions.items()]
