"""What figures say of their making, in words that several share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def training_maps(job: "Job") -> str:
    """``20,000 training maps of 12 clusters of 50,000 stars``."""
    dataset = job.settings.dataset
    clusters = len(dataset.train_models)
    return (
        f"{dataset.train:,} training maps of {clusters} cluster{'s' if clusters > 1 else ''} of "
        f"{job.settings.simulate.n_stars:,} stars"
    )
