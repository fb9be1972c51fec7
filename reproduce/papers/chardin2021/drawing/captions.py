"""What figures say of their making, in words that several share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def training_maps(job: "Job") -> str:
    """``20,000 training maps of 12 clusters of 50,000 stars``, ``... of 2 clusters of other codes``."""
    dataset, simulate = job.settings.dataset, job.settings.simulate
    models = [simulate.models[name] for name in dataset.train_models if name in simulate.models]
    foreign = sum(model.files is not None for model in models)
    own = len(dataset.train_models) - foreign
    alike = len(models) == len(dataset.train_models) and not any(model.n_stars for model in models)
    parts = [f"{_clusters(own)} of {f'{simulate.n_stars:,}' if alike else 'various numbers of'} stars"] * (own > 0)
    parts += [f"{_clusters(foreign)} of other codes"] * (foreign > 0)
    return f"{dataset.train:,} training maps of {' and '.join(parts)}"


def _clusters(number: int) -> str:
    return f"{number} cluster{'s' * (number > 1)}"
