"""Trained networks as an MLflow model that can be served, with the source that runs them, and nothing pickled."""

import importlib.util
import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

PACKAGES = ("astropy", "h5py", "keras", "numba", "numpy", "pandas", "pydantic", "pyyaml", "scikit-learn", "scipy")
TENSORFLOW = ("tensorflow-cpu", "tensorflow")  # whichever is installed


def log(
    name: str,
    code: Path,
    networks: Path,
    packages: Sequence[str],
    signature: "ModelSignature",
    experiment: str,
    run_id: str | None = None,
) -> str:
    """Log the networks in a folder to the present tracking store.

    Parameters
    ----------
    name : str
        Of the model.
    code : Path
        The file that MLflow runs; it reads the folder as the artifact ``networks``.
    networks : Path
        With the trained networks.
    packages : sequence of str
        Names of the packages of this repository that the code imports.
    signature : ModelSignature
        Of inputs and parameters.
    experiment : str
        Where the run is.
    run_id : str, optional
        Run to log to; a new one if left out.

    Returns
    -------
    str
        The model's address, ``models:/m-…``.
    """
    import mlflow

    if run_id is None:
        mlflow.set_experiment(experiment)
    with mlflow.start_run(run_id, run_name=None if run_id else "log-model"):
        model = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(code),
            artifacts={"networks": str(networks)},
            code_paths=[_folder(package) for package in packages],
            pip_requirements=_requirements(),
            signature=signature,
        )
    return str(model.model_uri)


def use_project_store(experiment: str) -> str:
    """Let MLflow log to the project's tracking store, made where it is not there; returns its name."""
    from reproduce.workflow.project import project_folder
    from reproduce.workflow.tracking import Tracker

    project = project_folder()
    tracker = Tracker(project, project / "outputs", experiment)
    import mlflow

    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI") or tracker.name)
    return str(tracker.name)


def how_to_serve(address: str, store: str) -> str:
    """The address, and the call that serves it."""
    serve = f"mlflow models serve -m {address} --env-manager local -p 5001"
    return f"{address}\nserve it: MLFLOW_TRACKING_URI={store} {serve}"


def _folder(package: str) -> str:
    """Where a package lies."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"no package {package} with a folder")
    return str(Path(found.origin).parent)


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
