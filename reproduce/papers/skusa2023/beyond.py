"""Stages beyond the thesis: the error budget of the best M/L, and the emulator of orbit libraries.

As in `stages`, a function here only hands values on.
"""

from typing import Any

from reproduce.papers.skusa2023.drawing import beyond as drawing
from reproduce.papers.skusa2023.extras.settings import FITS, LIBRARIES, NETWORK, POSTERIOR
from reproduce.workflow.stages import Job, Stage, figure


def budget(job: Job) -> None:
    """How far the best M/L moves by seed, step, periods and dithering alone (not in the thesis)."""
    from reproduce.papers.skusa2023.budget import make

    job.metrics |= make(
        job.settings.budget,
        job.settings.library,
        job.inputs["observe"],
        job.folder,
        job.checkpoint,
        job.executor,
        job.progress,
    )


def emulator_libraries(job: Job) -> None:
    """Follow the orbits of a few dozen galaxies of other shapes, haloes and black holes (not in the thesis)."""
    from reproduce.papers.skusa2023.emulator.design import make_libraries

    job.metrics |= make_libraries(_target(job), job.folder, job.checkpoint, job.executor, job.progress)


def emulator(job: Job) -> None:
    """Learn libraries as a function of shape, halo and black hole (not in the thesis)."""
    from reproduce.papers.skusa2023.emulator.study import train as fit

    source = job.inputs["emulator_libraries"] / "libraries.h5"
    job.metrics |= fit(_target(job), source, job.folder, job.checkpoint, job.executor, job.progress)


def emulator_errors(job: Job) -> None:
    """Judge the emulator on libraries that it has not seen, beside interpolation and a Gaussian process."""
    from reproduce.papers.skusa2023.emulator.study import judge

    source = job.inputs["emulator_libraries"] / "libraries.h5"
    job.metrics |= judge(_target(job), source, job.inputs["emulator"], job.folder)


def emulator_posterior(job: Job) -> None:
    """Shape, halo, black hole and M/L of mock galaxies whose truth is known, and the coverage (not in the thesis)."""
    from reproduce.papers.skusa2023.emulator.study import weigh

    source = job.inputs["emulator_libraries"] / "libraries.h5"
    job.metrics |= weigh(_target(job), source, job.inputs["emulator"], job.folder, job.progress)


def _target(job: Job) -> Any:
    from reproduce.papers.skusa2023.emulator.target import target

    return target(job.inputs["observe"], job.settings.library, job.settings.emulator)


def _emulator(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Settings of the emulator that a stage reads: those that change its result."""
    return ("library", *(f"emulator.{name}" for group in groups for name in group))


EMULATED = ("observe", "emulator_libraries", "emulator")

STAGES = (
    Stage("budget", budget, needs=("observe",), reads=("budget", "library")),
    Stage("emulator_libraries", emulator_libraries, needs=EMULATED[:1], reads=_emulator(LIBRARIES)),
    Stage("emulator", emulator, needs=EMULATED[:2], reads=_emulator(LIBRARIES, NETWORK)),
    Stage("emulator_errors", emulator_errors, needs=EMULATED, reads=_emulator(LIBRARIES, NETWORK, FITS)),
    Stage(
        "emulator_posterior", emulator_posterior, needs=EMULATED, reads=_emulator(LIBRARIES, NETWORK, FITS, POSTERIOR)
    ),
    figure(drawing.budget_figure, needs=("budget",)),
    figure(drawing.emulator_figure, needs=("emulator_errors",)),
    figure(drawing.posterior_figure, needs=("emulator_posterior",)),
)
