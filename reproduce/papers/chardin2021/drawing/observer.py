"""Figures of the networks that are told what is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def observer_coverage(job: "Job") -> None:
    """Coverage of the posteriors of networks told what is known, in thirds, and in the plane of mass and age."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import observer_coverage
    from reproduce.learning.intervals import LEVELS

    folder = job.inputs["observer_evaluate"]
    coverage, plane = (
        pd.read_csv(folder / f"{name}.csv", float_precision="round_trip") for name in ("coverage", "plane")
    )
    style.save(observer_coverage.draw(coverage, plane, LEVELS), job.folder, "observer_coverage")
    style.save_table(coverage, job.folder, "observer_coverage")


def known_inputs(job: "Job") -> None:
    """What each known input is worth: errors with and without."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import known_inputs

    errors = pd.read_csv(job.inputs["observer_evaluate"] / "known_inputs.csv", float_precision="round_trip")
    style.save(known_inputs.draw(errors), job.folder, "known_inputs")
    style.save_table(errors, job.folder, "known_inputs")
