"""What several figures and tables of this paper read."""

from typing import TYPE_CHECKING, Any

import data_manifests
from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.workflow.stages import Job

H = (1, 2, 3, 4)
"""The coefficients."""


def sky(job: "Job") -> Any:
    """Kinematics, the aperture of each pixel, the field's ends [arcsec]."""
    from reproduce.galaxy.orbits.dynamite_files import read_folder

    _, kinematics, _, apertures = read_folder(job.inputs["observe"])
    (x, y), (width, height) = apertures.corner_arcsec, apertures.size_arcsec
    return kinematics, apertures.bin_of_pixel, (x, x + width, y, y + height)


def galaxy(job: "Job") -> str:
    from reproduce.papers.skusa2023.observing import facts

    label, truth = facts(job.inputs["observe"])
    return f"{label} galaxy" + ("" if truth is None else f" of M/L {truth:g}")


def truth(job: "Job") -> float | None:
    from reproduce.papers.skusa2023.observing import facts

    return facts(job.inputs["observe"])[1]


def fit(job: "Job", method: str, name: str) -> Any:
    import h5py

    from reproduce.papers.skusa2023.fits import FILE

    with h5py.File(job.inputs["fits"] / FILE) as file:
        return file[method][name][:]


def attribute(job: "Job", method: str, name: str) -> float:
    import h5py

    from reproduce.papers.skusa2023.fits import FILE

    with h5py.File(job.inputs["fits"] / FILE) as file:
        return float(file[method].attrs[name])


def curve(job: "Job", method: str) -> Any:
    return fit(job, method, "mass_to_light"), fit(job, method, "chi2")


def set_names(job: "Job") -> dict[int, str]:
    """Name of the network of each set, by its number of models."""
    from reproduce.papers.skusa2023.models import members

    group = job.settings.models
    return {len(members(group, stride)): f"dcnn.{job.settings.train.chosen}.every{stride}" for stride in group.strides}


def recommended(job: "Job") -> str:
    """Network of the set that the thesis recommends: every fourth model, or the next sparser one that there is."""
    strides = job.settings.models.strides
    stride = min((one for one in strides if one >= 4), default=strides[-1])
    return f"dcnn.{job.settings.train.chosen}.every{stride}"


def methods(job: "Job") -> "pd.DataFrame":
    import pandas as pd

    from reproduce.papers.skusa2023.evaluation import TABLE

    return pd.read_csv(job.inputs["evaluate"] / TABLE, keep_default_na=False, na_values=[""]).fillna({"loss": ""})


def metrics(job: "Job", stage: str = "evaluate") -> dict[str, float]:
    found: dict[str, float] = read_json(job.inputs[stage] / "metrics.json")
    return found


def epochs(job: "Job", stage: str) -> float:
    """Epochs on all models: those asked for, or fewer where the profile says so."""
    first = job.settings.models.strides[0]
    start = "gan" if stage == "gan" else job.settings.train.losses[0]
    return metrics(job, stage)[f"{start}.every{first}.epochs"]


def dcnn(job: "Job", loss: str = "") -> str:
    """How a network was trained, in a few words."""
    from paper_figures.skusa2023.panels import LOSSES

    group = job.settings.train
    seen = count(group.epochs) if group.most_maps is None else f"at most {group.most_maps} maps seen"
    return f"{LOSSES[loss] + ', ' if loss else ''}{seen}"


def gan(job: "Job") -> str:
    return count(round(epochs(job, "gan")))


def layers(job: "Job") -> "pd.DataFrame":
    """Layers of the network for this profile's maps: ``name``, ``kind``, ``shape``, ``parameters``, ``inputs``."""
    import pandas as pd

    from reproduce.papers.skusa2023.networks import architecture, deconvolution

    shape = deconvolution.size(job.inputs["models"] / "models.h5")
    rows = []
    for layer in architecture.dcnn(*shape, activation=job.settings.train.activation, plain=True).layers:
        nodes = layer._inbound_nodes[0].parent_nodes
        sizes = " × ".join(str(n) for n in layer.output.shape[1:])
        rows.append(
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "shape": sizes,
                "parameters": layer.count_params(),
                "inputs": " ".join(node.operation.name for node in nodes),
            }
        )
    return pd.DataFrame(rows)


def count(epochs: int) -> str:
    return f"{epochs} epoch{'' if epochs == 1 else 's'}"


def percent(one: Any, true: Any) -> float:
    import numpy as np

    return 100 * float(np.linalg.norm(one - true) / np.linalg.norm(true))


def published() -> Any:
    return data_manifests.load("skusa2023/published")


def compare(job: "Job", ours: dict[str, float]) -> None:
    """Ours beside the thesis's numbers of the same names."""
    from reproduce.workflow import comparison

    known = [name for name in published() if name in ours]
    job.metrics |= comparison.write(job.folder, {name: float(ours[name]) for name in known}, published(), known)
