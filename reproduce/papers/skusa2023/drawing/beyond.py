"""Figures of what the thesis lacks: the error budget of the best M/L, and the emulator."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def budget_figure(job: "Job") -> None:
    """Error budget of the best M/L: seed, step, periods, dithering (not in the thesis)."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import budget

    table = pd.read_csv(job.inputs["budget"] / "budget.csv")
    style.save(budget.draw(table), job.folder, "budget")
    style.save_table(table, job.folder, "budget")


def emulator_figure(job: "Job") -> None:
    """Errors of emulated libraries beside interpolation, a Gaussian process and noise (not in the thesis)."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import emulator

    errors, shifts = (pd.read_csv(job.inputs["emulator_errors"] / f"{name}.csv") for name in ("errors", "shifts"))
    style.save(emulator.draw(errors, shifts), job.folder, "emulator")
    style.save_table(emulator.table(errors, shifts), job.folder, "emulator")


def posterior_figure(job: "Job") -> None:
    """Shape, halo, black hole and M/L of a mock galaxy, and the coverage of all (not in the thesis)."""
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import posterior

    source = job.inputs["emulator_posterior"]
    with np.load(source / "posterior.npz") as file:
        points, truth = file["points"], file["truth"]
    mocks = pd.read_csv(source / "mocks.csv")
    style.save(posterior.draw(points, truth, mocks), job.folder, "posterior")
    style.save_table(mocks, job.folder, "mocks")
