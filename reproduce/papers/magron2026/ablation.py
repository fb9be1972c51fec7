"""The stage `ablation`: what each input and head is worth, by short trainings without it, on the unseen clusters."""

from pathlib import Path

import numpy as np
import pandas as pd

from reproduce.learning import training
from reproduce.learning.mixtures import moved
from reproduce.learning.posterior import Mixture
from reproduce.learning.training import side_by_side
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.magron2026 import pixels, sets
from reproduce.papers.magron2026.drawn import Draw
from reproduce.papers.magron2026.evaluation import true_mass
from reproduce.papers.magron2026.labels import NAMES, PARAMETERS, columns
from reproduce.papers.magron2026.networks import model
from reproduce.papers.magron2026.networks import training as networks
from reproduce.papers.magron2026.networks.architecture import build
from reproduce.papers.magron2026.settings import Ablation, Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

VARIANTS: dict[str, dict[str, object]] = {
    "all inputs and heads": {},
    "without colours": {"colours": False},
    "without CMDs": {"cmds": False},
    "without F336W": {"bands": ("F475W", "F814W")},
    "F814W alone": {"bands": ("F814W",)},
    "scalars alone": {"maps": False},
    "maps alone": {"scalars": False},
}


def ablate(
    draw: Draw,
    sets_folder: Path,
    train: Train,
    settings: Ablation,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Train every variant alike and write ``ablation.csv``.

    Parameters
    ----------
    draw : Draw
        Of training views.
    sets_folder : Path
        Of the stage `sets`.
    train : Train
        Settings of the whole network.
    settings : Ablation
        Of these shorter trainings.
    folder, checkpoint, executor, progress
        As for a training.

    Returns
    -------
    dict
        ``VARIANT.nll`` [nats], ``VARIANT.mass_rmse`` [dex], of maps at the true distance, ``VARIANT.PARAMETER`` (rms
        errors of the scalars).
    """
    shorter = train.model_copy(update=settings.model_dump())
    variants = {name: shorter.model_copy(update=changed) for name, changed in VARIANTS.items()}
    executor, threads = side_by_side(executor, len(variants))
    checkpoint.mkdir(parents=True, exist_ok=True)
    validation = sets_folder / sets.VALIDATION
    tasks = [
        networks.task(draw, validation, one, 0, folder, checkpoint, threads=threads, name=_file_name(name))
        for name, one in variants.items()
    ]
    training.train([tasks], executor, progress=progress)
    images = sets.read(sets_folder / sets.TEST, "all")
    rows = [{"variant": name} | _measured(images, draw, one, folder, name) for name, one in variants.items()]
    for task in tasks:
        task.weights.unlink()
    with whole(folder / "ablation.csv") as partial:
        pd.DataFrame(rows).to_csv(partial, index=False, lineterminator="\n")
    return {
        f"{_file_name(str(row['variant']))}.{key}": float(value)
        for row in rows
        for key, value in row.items()
        if key != "variant" and np.isfinite(value)
    }


def _file_name(variant: str) -> str:
    return variant.replace(" ", "_").lower()


def _measured(images: sets.TestImages, draw: Draw, train: Train, folder: Path, name: str) -> dict[str, float]:
    """Numbers of one variant on test views; the distance is told of those of which training tells it."""
    network = build(draw.camera.pixels, **model.shape_of(train))
    load_weights(network, weights_file(folder, _file_name(name)))
    seen = [pixels.seen(one, draw.camera) for one in images.rate]
    image, cmds = (np.stack(some)[..., None] for some in zip(*seen, strict=True))
    priors = draw.priors
    given = priors.told(images.labels["told_kpc"], images.labels["told_error"]).numbers(priors.limits)
    inputs = {"image": image, "cmds": cmds, "given": given}
    found = network.predict(inputs, batch_size=model.BATCH, verbose=0)
    numbers = {"parameters": float(network.count_params())}
    if train.scalars:
        frame = priors.frame(given)
        posterior = moved(Mixture.of_network(found["scalars"], len(PARAMETERS)), frame.triangle, frame.shift)
        true = columns(images.labels)
        numbers["nll"] = float(-posterior.log_density(priors.theta(true)).mean())
        errors = priors.value(posterior.quantiles([0.5])[0]) - true
        for k, parameter in enumerate(PARAMETERS):
            numbers[NAMES[parameter]] = float(np.sqrt(np.mean(errors[:, k] ** 2)))
    if train.maps:
        area = priors.cell_area(images.labels["distance_kpc"])
        said = area[:, None, None] * 10.0 ** pixels.mass_of(found["mass"][..., 0])
        said = np.maximum(said, pixels.floors(area))
        numbers["mass_rmse"] = float(np.sqrt(np.mean(np.log10(said / true_mass(images, priors)) ** 2)))
    return numbers
