"""The figures and tables as stages: read what other stages wrote, hand it to `paper_figures`, keep the result.

Every figure leaves a PNG, a PDF, the numbers behind it as CSV, and `comparison.csv` where the paper gives numbers. The
function of a stage has the stage's name, in whichever module.
"""

from reproduce.drawing import evaluation, networks, observed
from reproduce.pipeline import Job

MODULES = (evaluation, networks, observed)


def draw(job: Job) -> None:
    """Draw the figure or table of `job.stage`."""
    module = next(module for module in MODULES if hasattr(module, job.stage))
    getattr(module, job.stage)(job)
