"""What figures say of their making, in words that several share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def training_maps(job: "Job") -> str:
    """``20,000 training maps of 12 clusters of 50,000 stars``, ``... of 2 clusters of other codes``."""
    return f"{job.settings.dataset.train:,} training maps of {_training_clusters(job)}"


def maps_seen(job: "Job") -> str:
    """The training maps of the networks: those of the data set, or ``90,000 maps, each seen once, of 2 clusters``."""
    train = job.settings.train
    if train.views == "fixed":
        return training_maps(job)
    seen = (train.fresh.maps or job.settings.dataset.train) * train.fresh.epochs
    return f"{seen:,} maps, each seen once, of {_training_clusters(job)}"


def trained(job: "Job", epochs: int) -> str:
    """How long, and on what, in the words of two lines; maps that are drawn anew have no epochs to tell."""
    long = f", {epochs} epochs" if job.settings.train.views == "fixed" else ""
    return f"{long},\n{maps_seen(job)}"


def _training_clusters(job: "Job") -> str:
    dataset, simulate = job.settings.dataset, job.settings.simulate
    models = [simulate.models[name] for name in dataset.train_models if name in simulate.models]
    foreign = sum(model.files is not None for model in models)
    own = len(dataset.train_models) - foreign
    alike = len(models) == len(dataset.train_models) and not any(model.n_stars for model in models)
    parts = [f"{_clusters(own)} of {f'{simulate.n_stars:,}' if alike else 'various numbers of'} stars"] * (own > 0)
    parts += [f"{_clusters(foreign)} of other codes"] * (foreign > 0)
    return " and ".join(parts)


def _clusters(number: int) -> str:
    return f"{number} cluster{'s' * (number > 1)}"
