"""The chain: galaxies, the slope through them, the figure."""

import json
from pathlib import Path

import yaml
from hubble1929.settings import PROFILES

from reproduce.workflow.papers import Paper
from reproduce.workflow.stages import Job, Stage, figure

PUBLISHED = yaml.safe_load(Path(__file__).with_name("published.yaml").read_text(encoding="utf-8"))


def galaxies(job: Job) -> None:
    """Galaxies with distances and velocities."""
    import numpy as np

    group = job.settings.galaxies
    rng = np.random.default_rng(group.seed)
    distance = rng.uniform(0, group.farthest_mpc, group.number)
    velocity = group.slope_kms_per_mpc * distance + rng.normal(0, group.scatter_kms, group.number)
    np.savez(job.folder / "galaxies.npz", distance_mpc=distance, velocity_kms=velocity)


def fit(job: Job) -> None:
    """The slope of a line through the origin, by least squares."""
    import numpy as np

    with np.load(job.inputs["galaxies"] / "galaxies.npz") as found:
        distance, velocity = found["distance_mpc"], found["velocity_kms"]
    metrics = {"slope": float(distance @ velocity / (distance @ distance))}
    (job.folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    job.metrics |= metrics


def figure1(job: Job) -> None:
    """Figure 1: velocity against distance."""
    import numpy as np
    from hubble1929 import drawing

    from paper_figures import style
    from reproduce.workflow import comparison

    metrics = json.loads((job.inputs["fit"] / "metrics.json").read_text(encoding="utf-8"))
    with np.load(job.inputs["galaxies"] / "galaxies.npz") as found:
        picture = drawing.draw(found["distance_mpc"], found["velocity_kms"], metrics["slope"])
    style.save(picture, job.folder, "figure01")
    job.metrics |= comparison.write(job.folder, metrics, PUBLISHED, PUBLISHED)


PAPER = Paper(
    name="hubble1929",
    title="A relation between distance and radial velocity (Hubble 1929)",
    experiment="hubble1929",
    profiles=PROFILES,
    stages=(
        Stage("galaxies", galaxies, reads=("galaxies",)),
        Stage("fit", fit, needs=("galaxies",)),
        figure(figure1, needs=("galaxies", "fit")),
    ),
    published=PUBLISHED,
)
