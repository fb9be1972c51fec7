"""The chain: each stage's name, function, needs and what is part of its key. The composition root.

A function here only hands values on: the settings that its stage declares, the folders of its needs, the place to
write. Heavy imports happen inside, so that a call that finds everything made never pays for them.
"""

from pathlib import Path
from typing import Any

from reproduce.pipeline import Job, Stage
from reproduce.progress import Gauge


def simulate(job: Job) -> None:
    """Evolve every model's cluster (paper Sect. 2.1)."""
    group = job.settings.simulate
    items = [
        (name, model, group, job.folder / name, job.checkpoint / name, job.cache)
        for name, model in group.models.items()
    ]
    with job.progress.watch(job.checkpoint, len(items)):
        for name, numbers in zip(group.models, job.executor.map(_simulate_model, items), strict=True):
            job.metrics |= {f"{name}.{key}": value for key, value in numbers.items()}


def _simulate_model(item: tuple[str, Any, Any, Path, Path, Path]) -> dict[str, float]:
    from astropy.table import QTable

    from reproduce.cluster.simulate import simulate as evolve

    name, model, group, folder, checkpoint, cache = item
    for place in (folder, checkpoint):
        place.mkdir(parents=True, exist_ok=True)
    evolve(name, model, group, folder, checkpoint, Gauge(checkpoint.parent, name), cache)
    last = QTable.read(folder / "history.ecsv")[-1]
    kept = ("time_gyr", "n_stars", "mass_msun", "r_half_pc", "energy_error")
    return {f"last_{column}": float(getattr(last[column], "value", last[column])) for column in kept}


def dataset(job: Job) -> None:
    """Draw the mock observations (paper Sects. 2.2-2.3)."""
    from reproduce.mock.dataset import make_dataset

    group = job.settings.dataset
    simulations = {
        name: job.inputs["simulate"] / name / "snapshots.h5" for name in (*group.train_models, *group.test_models)
    }
    job.metrics |= make_dataset(simulations, group, job.folder, job.checkpoint, job.executor, job.progress)


def train(job: Job) -> None:
    """Train both networks (paper Sect. 3)."""
    from reproduce.network.training import train as fit

    maps = job.inputs["dataset"]
    group = job.settings.train
    total = group.epochs + group.regressor_epochs

    def on_epoch(network: str, epoch: int, values: dict[str, float]) -> None:
        job.log({f"{network}/{key}": value for key, value in values.items()}, epoch)
        before = group.epochs if network == "regressor" else 0
        job.progress((before + epoch + 1) / total, f"{network}, epoch {epoch + 1}")

    job.metrics |= fit(maps / "maps.h5", maps / "scaler.json", group, job.folder, job.checkpoint, on_epoch)


def evaluate(job: Job) -> None:
    """Measure both networks on the unseen cluster (paper Sect. 4)."""
    from reproduce.evaluation import evaluate as measure

    maps = job.inputs["dataset"]
    job.metrics |= measure(
        maps / "maps.h5", job.inputs["train"], maps / "scaler.json", job.settings.evaluate, job.folder
    )


def figure5(job: Job) -> None:
    """Figure 5: true against predicted mass of every pixel."""
    import json

    import pandas as pd

    import data_manifests
    from paper_figures import figure05, style
    from reproduce import comparison

    results = job.inputs["evaluate"]
    metrics = json.loads((results / "metrics.json").read_text(encoding="utf-8"))
    train, maps, stars = job.settings.train, job.settings.dataset.train, job.settings.simulate.n_stars
    network = {"released": "encoder-decoder as released", "compact": "compact encoder-decoder"}[train.architecture]
    how = f"{network}, {train.loss} loss, {train.epochs} epochs,\n{maps:,} training maps, {stars:,} stars a cluster"
    histogram = pd.read_csv(results / "histogram_pixel_mass.csv")
    residuals = pd.read_csv(results / "residuals_pixel_mass.csv")
    drawing = figure05.draw(histogram, residuals, metrics, data_manifests.load("published"), how)
    style.save(drawing, job.folder, "figure05")
    style.save_table(figure05.numbers(histogram, residuals), job.folder, "figure05")
    job.metrics |= comparison.write(job.folder, metrics, ("pixel_error_percent", "pixel_error_no_low_percent"))


def table1(job: Job) -> None:
    """Table 1: the simulations and the maps made of them, counted in the files."""
    import data_manifests
    from paper_figures import style, table1
    from reproduce.mock.dataset import count_maps

    counts = count_maps(job.inputs["dataset"] / "maps.h5")
    group = job.settings.simulate
    radii = {name: model.half_mass_radius_pc for name, model in group.models.items()}
    table = table1.table(
        counts, radii, job.settings.dataset.camera.model_dump(), data_manifests.load("tables")["table1"]
    )
    style.save_table(table, job.folder, "table1", table1.UNITS, latex=True)
    ours = table[table["source"] == "ours"]
    job.metrics |= {f"maps.{split}": float(sum(ours[f"{split}_maps"])) for split in table1.SPLITS}


DRAWING = ("paper_figures.style",)
COMPARING = ("reproduce.comparison",)

STAGES = (
    Stage("simulate", simulate, reads=("simulate",), code=("reproduce.cluster",)),
    Stage(
        "dataset", dataset, needs=("simulate",), reads=("dataset",), code=("reproduce.mock",), manifests=("published",)
    ),
    Stage("train", train, needs=("dataset",), reads=("train",), code=("reproduce.network",)),
    Stage("evaluate", evaluate, needs=("dataset", "train"), reads=("evaluate",), code=("reproduce.evaluation",)),
    Stage(
        "figure5",
        figure5,
        needs=("evaluate",),
        reads=("simulate.n_stars", "dataset.train", "train.architecture", "train.loss", "train.epochs"),
        code=("paper_figures.figure05", "paper_figures.residual_histogram", *DRAWING, *COMPARING),
        manifests=("published",),
    ),
    Stage(
        "table1",
        table1,
        needs=("dataset",),
        reads=("simulate.models", "dataset.camera"),
        code=("paper_figures.table1", *DRAWING),
        manifests=("tables",),
    ),
)

FIGURES = tuple(stage.name for stage in STAGES if stage.name.startswith(("figure", "table")))
