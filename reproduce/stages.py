"""The chain: each stage's name, function, needs and what is part of its key. The composition root.

A function here only hands values on: the settings that its stage declares, the folders of its needs, the place to
write. Heavy imports happen inside, so that a call that finds everything made never pays for them.
"""

import json
from pathlib import Path
from typing import Any

from reproduce.pipeline import Job, Stage, When
from reproduce.progress import Gauge
from reproduce.settings import Train


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
    if group.from_ == "tune":
        best = json.loads((job.inputs["tune"] / "best.json").read_text(encoding="utf-8"))
        group = type(group).model_validate(group.model_dump(by_alias=True) | best["setting"])

    def on_epoch(network: str, epoch: int, values: dict[str, float]) -> None:
        job.log({f"{network}/{key}": value for key, value in values.items()}, epoch)

    job.metrics |= fit(
        maps / "maps.h5",
        maps / "scaler.json",
        group,
        job.folder,
        job.checkpoint,
        on_epoch,
        job.executor,
        job.progress,
    )


def calibrate(job: Job) -> None:
    """Learn the intervals and the domain of the networks from training and validation maps."""
    from reproduce.evaluation.calibration import calibrate as learn

    maps = job.inputs["dataset"]
    job.metrics |= learn(maps / "maps.h5", job.inputs["train"], maps / "scaler.json", job.folder, job.progress)


def search(job: Job) -> None:
    """Try hyper-parameters (paper Sects. 3.1-3.2); every trial is a run under this stage's."""
    from reproduce.executor import processes
    from tuning import found
    from tuning.runner import Runner
    from tuning.search import search as run

    if job.run is None:
        raise ValueError("a search records its trials under the run of its stage, and this job has none")
    maps = job.inputs["dataset"]
    train = Train(**vars(job.settings.train))
    places = maps / "maps.h5", maps / "scaler.json", job.checkpoint
    with processes(job.executor) as pool, Runner(pool, job.run) as runner:
        results = run(job.settings.tune, train, *places, runner, job.progress)
    found.save(results, job.folder)
    job.metrics |= {f"{one.network}.trials": float(len(one.tried)) for one in results}


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, found, results

    searched = found.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder)
    draw.draw(searched, job.folder)


def evaluate(job: Job) -> None:
    """Measure both networks on the unseen cluster (paper Sect. 4)."""
    from reproduce.evaluation import evaluate as measure

    maps = job.inputs["dataset"]
    job.metrics |= measure(
        maps / "maps.h5",
        job.inputs["train"],
        maps / "scaler.json",
        job.inputs["calibrate"] / "calibration.h5",
        job.settings.evaluate,
        job.folder,
        job.progress,
    )


def model(job: Job) -> None:
    """Put the trained networks, their scaler and calibration and a model card into one folder."""
    from reproduce.model import bundle, numbers

    bundle(
        job.inputs["train"],
        job.inputs["dataset"] / "scaler.json",
        job.inputs["calibrate"] / "calibration.h5",
        job.settings,
        numbers(job.inputs["train"]) | numbers(job.inputs["evaluate"]),
        job.folder,
    )


def observe(job: Job) -> None:
    """Make a flux map of each real cluster (paper Sect. 5)."""
    from reproduce.observation.observe import observe as look

    camera = job.settings.dataset.camera
    job.metrics |= look(job.settings.observe, camera, job.folder, job.cache, job.progress)


def apply(job: Job) -> None:
    """Predict mass, age and distance of the observed clusters (paper Sect. 5)."""
    from reproduce.apply import apply as predict
    from reproduce.pidoc import PiDoc

    trained = job.settings.apply.networks == "trained"
    pidoc = PiDoc.load(job.inputs["model"]) if trained else PiDoc.pretrained()
    job.metrics |= predict(pidoc, job.inputs["observe"], job.folder)


def _draw(job: Job) -> None:
    """Any figure or table: `reproduce.drawing` has a function of the stage's name."""
    from reproduce.drawing import draw

    draw(job)


# What a figure says of the training maps, of the networks that it shows at work, and of its making.
MAPS = ("simulate.n_stars", "dataset.train", "dataset.train_models")
APPLIED = ("apply.networks", *MAPS)
MADE_BY = (*MAPS, "train")


def _figure(name: str, needs: tuple[str, ...], reads: tuple[str, ...], *drawn_by: str) -> Stage:
    modules = ("paper_figures.style", *(f"paper_figures.{module}" for module in drawn_by))
    code = ("reproduce.drawing", "reproduce.comparison", *modules)
    return Stage(name, _draw, needs, reads, code, ("published", "tables"))


# What trains a network, and what uses one: better use of a network does not train it again.
TRAINING = tuple(
    f"reproduce.network.{module}"
    for module in (
        "architecture", "backend", "checkpoint", "data", "encoder_decoder", "files", "fitting", "folding", "losses",
        "regressor", "training",
    )
)  # fmt: skip
PREDICTION = ("reproduce.network.prediction", "reproduce.network.appearance")

STAGES = (
    Stage("simulate", simulate, reads=("simulate",), code=("reproduce.cluster", "reproduce.photometry")),
    Stage(
        "dataset",
        dataset,
        needs=("simulate",),
        reads=("dataset",),
        code=("reproduce.mock", "reproduce.photometry"),
        manifests=("published",),
    ),
    Stage(
        "search",
        search,
        needs=("dataset",),
        reads=("tune", *(f"train.{name}" for name in Train.model_fields if name not in ("from_", "members"))),
        code=(
            *(f"tuning.{module}" for module in ("space", "proposer", "trial", "search", "found")),
            *TRAINING,
            *PREDICTION,
            "reproduce.evaluation.metrics",
            "reproduce.evaluation.bins",
        ),
    ),
    Stage(
        "tune",
        tune,
        needs=("search",),
        code=("tuning.found", "tuning.results", "tuning.importance", "tuning.draw", "paper_figures.tuning"),
    ),
    Stage(
        "train",
        train,
        needs=("dataset", When("tune", "train.from", "tune")),
        reads=("train",),
        code=TRAINING,
    ),
    Stage("calibrate", calibrate, needs=("dataset", "train"), code=("reproduce.evaluation", *PREDICTION)),
    Stage(
        "evaluate",
        evaluate,
        needs=("dataset", "train", "calibrate"),
        reads=("evaluate",),
        code=("reproduce.evaluation", *PREDICTION),
    ),
    Stage(
        "model",
        model,
        needs=("dataset", "train", "calibrate", "evaluate"),
        reads=("simulate", "dataset", "train"),
        code=("reproduce.model", "reproduce.pidoc", "reproduce.comparison"),
        manifests=("published",),
    ),
    Stage(
        "observe",
        observe,
        reads=("observe", "dataset.camera"),
        code=(
            "reproduce.observation",
            *(f"reproduce.mock.{module}" for module in ("camera", "effects", "psf", "kernels")),
            *(f"reproduce.cluster.{module}" for module in ("stellar_evolution", "tracks")),
            "reproduce.photometry",
        ),
        manifests=("clusters", "archives"),
    ),
    Stage(
        "apply",
        apply,
        needs=("observe", When("model", "apply.networks", "trained")),
        reads=("apply",),
        code=("reproduce.apply", "reproduce.pidoc", "reproduce.evaluation", *PREDICTION),
    ),
    _figure("diagnostics", ("simulate",), ("simulate.models",), "diagnostics"),
    _figure("figure1", (), ("train", "dataset.camera"), "layers"),
    _figure("figure2", (), ("train", "dataset.camera"), "layers"),
    _figure("figure3", ("train",), MADE_BY, "figure03"),
    _figure("figure4", ("evaluate",), ("dataset.camera",), "figure04"),
    _figure("figure5", ("evaluate",), MADE_BY, "figure05", "residual_histogram"),
    _figure("figure6", ("evaluate",), MADE_BY, "figure06", "residual_histogram"),
    _figure("figure7", ("evaluate",), MADE_BY, "figure07"),
    _figure("figure8", ("evaluate",), MADE_BY, "figure08", "residual_histogram"),
    _figure("figure9", ("evaluate",), MADE_BY, "figure09"),
    Stage(
        "domain",
        _draw,
        needs=("simulate", "dataset", "train", "calibrate"),
        reads=("dataset", "evaluate"),
        code=("reproduce.drawing", "reproduce.evaluation", "paper_figures.style", "paper_figures.domain"),
    ),
    _figure("uncertainty", ("evaluate",), ("train",), "uncertainty"),
    _figure("table1", ("dataset",), ("simulate.models", "dataset.camera"), "table1"),
    _figure("table2", ("evaluate",), ("dataset.test_distances_kpc",), "table2"),
    _figure("figure10", ("dataset", "apply"), MAPS, "figure10", "observed"),
    _figure("figure11", ("apply",), APPLIED, "figure11", "observed"),
    _figure("figure12", ("apply",), (*APPLIED, "dataset.camera"), "figure12", "figure04", "observed"),
    _figure("table3", ("apply",), (), "table3", "observed"),
)

FIGURES = tuple(stage.name for stage in STAGES if stage.run is _draw)
