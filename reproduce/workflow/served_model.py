"""Trained networks as an MLflow model that can be served, with the source that runs them, and nothing pickled."""

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.workflow.arguments import Parser

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

OURS = ("reproduce", "data_manifests", "tuning")  # packages of this repository that go into the model
PACKAGES = ("astropy", "h5py", "keras", "numba", "numpy", "pandas", "pydantic", "pyyaml", "scikit-learn", "scipy")
TENSORFLOW = ("tensorflow-cpu", "tensorflow")  # whichever is installed


@dataclass(frozen=True)
class ServedModel:
    """A paper's networks as an MLflow model, and the command that logs it.

    Attributes
    ----------
    name : str
        Of the model.
    experiment : str
        Where the run is.
    code : Path
        The file that MLflow runs; it reads the folder of networks as the artifact ``networks``.
    networks : Path or None
        Folder of the networks that are logged if none is named; None: one must be named.
    kinds : mapping of Path
        Folders of the networks that come with the package, by the words for them.
    signature : callable
        Of inputs and parameters, for the networks of a folder. It loads them, so that damaged ones are not logged.
    """

    name: str
    experiment: str
    code: Path
    networks: Path | None
    signature: "Callable[[Path], ModelSignature]"
    kinds: Mapping[str, Path] = field(default_factory=dict)

    def log(self, networks: Path) -> str:
        """Log the networks of a folder to the present tracking store.

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

        signature = self.signature(networks)
        mlflow.set_experiment(self.experiment)
        with mlflow.start_run(run_name="log-model"):
            model = mlflow.pyfunc.log_model(
                name=self.name,
                python_model=str(self.code),
                artifacts={"networks": str(networks)},
                code_paths=[_folder(package) for package in OURS],
                pip_requirements=_requirements(),
                signature=signature,
            )
        return str(model.model_uri)

    def command(self, words: Sequence[str] | None, name: str, about: str | None) -> int:
        """Run the command: log networks to the project's store and print how to serve them.

        Parameters
        ----------
        words : sequence of str, optional
            What follows the command's name.
        name, about : str
            Of the command, for its help.
        """
        build = Parser(prog=f"python -m reproduce {name}", description=about)
        build.add_argument(
            "--networks",
            type=Path,
            default=self.networks,
            required=self.networks is None,
            help=" or ".join([*self.kinds, "folder of networks"])
            + (" (default: the package's)" if self.networks is not None else ""),
        )
        options = build.parse_args(words)
        store = use_project_store(self.experiment)
        print(how_to_serve(self.log(self.kinds.get(str(options.networks), options.networks)), store))
        return 0


def serve(
    load: Callable[[Path], Any], answer: Callable[[Any, Any, Mapping[str, Any]], dict[str, Any] | list[Any]]
) -> None:
    """Tell MLflow what the file that it runs serves; for the last line of that file, which nothing imports.

    Parameters
    ----------
    load : callable
        Loads the networks of a folder.
    answer : callable
        Takes the networks, a request's input and its parameters; gives what JSON can hold.
    """
    from mlflow.models import set_model
    from mlflow.pyfunc import PythonModel, PythonModelContext

    class Served(PythonModel):
        def load_context(self, context: PythonModelContext) -> None:
            self.networks = load(Path(context.artifacts["networks"]))

        def predict(self, context, model_input, params=None):  # MLflow takes type hints for a signature of its own
            return answer(self.networks, model_input, params or {})

    set_model(Served())


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
