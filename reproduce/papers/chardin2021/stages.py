"""The chain of Chardin & Bianchini (2021): each stage's function, needs and settings. The composition root.

A function here only hands values on: the settings that its stage declares, the folders of its needs, the place to
write. Heavy imports happen inside, so that a call that finds everything made never pays for them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import data_manifests
from reproduce.papers.chardin2021 import work
from reproduce.papers.chardin2021.drawing import evaluation, networks, observed, observer
from reproduce.papers.chardin2021.names import EXPERIMENT
from reproduce.papers.chardin2021.settings import PROFILES, Train
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.members import by_name, curves
from reproduce.workflow.papers import Command, Paper
from reproduce.workflow.stages import Job, Stage, When, figure

if TYPE_CHECKING:
    from reproduce.papers.chardin2021.observer.views import Draw


def simulate(job: Job) -> None:
    """Evolve every model's cluster (paper Sect. 2.1), or read it from another code's files."""
    from reproduce.cluster.make import make_clusters

    group = job.settings.simulate
    job.metrics |= make_clusters(group, job.folder, job.checkpoint, job.cache, job.executor, job.progress)


def dataset(job: Job) -> None:
    """Draw the mock observations (paper Sects. 2.2-2.3)."""
    from reproduce.papers.chardin2021.dataset.make import make_dataset

    job.metrics |= make_dataset(
        _simulations(job), job.settings.dataset, job.folder, job.checkpoint, job.executor, job.progress
    )


def _simulations(job: Job) -> dict[str, Path]:
    """File of snapshots of each simulation that the data set names."""
    group = job.settings.dataset
    names = (*group.train_models, *group.test_models)
    return {name: job.inputs["simulate"] / name / "snapshots.h5" for name in names}


def _stars(job: Job) -> dict[str, Path]:
    """Prepared stars of each simulation that networks are trained with."""
    from reproduce.sky.camera import camera_columns
    from reproduce.sky.prepared import prepare

    simulations = _simulations(job)
    chosen = {name: simulations[name] for name in job.settings.dataset.train_models}
    return prepare(chosen, job.cache, camera_columns, job.executor)


def train(job: Job) -> None:
    """Train both networks (paper Sect. 3)."""
    from reproduce.papers.chardin2021.networks.training import train as fit

    maps = job.inputs["dataset"]
    group = job.settings.train
    if group.from_ == "tune":
        best = read_json(job.inputs["tune"] / "best.json")
        group = type(group).model_validate(group.model_dump(by_alias=True) | best["setting"])

    with curves(job.run, group.members) as log:
        job.metrics |= fit(
            maps / "maps.h5",
            maps / "scaler.json",
            group,
            job.folder,
            job.checkpoint,
            by_name(log),
            job.executor,
            job.progress,
            stars=_stars(job) if group.views == "fresh" else None,
            dataset=job.settings.dataset,
        )


def calibrate(job: Job) -> None:
    """Learn the intervals and the domain of the networks from training and validation maps."""
    from reproduce.papers.chardin2021.evaluation.calibration import calibrate as learn

    maps = job.inputs["dataset"]
    job.metrics |= learn(maps / "maps.h5", job.inputs["train"], maps / "scaler.json", job.folder, job.progress)


def search(job: Job) -> None:
    """Try hyper-parameters (paper Sects. 3.1-3.2); every trial is a run under this stage's."""
    from reproduce.papers.chardin2021.search import Networks
    from tuning import stage

    maps = job.inputs["dataset"]
    train = Train(**vars(job.settings.train))
    problem = Networks(maps / "maps.h5", maps / "scaler.json")
    stage.run(job, train, problem)


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, outcome, results

    searched = outcome.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder, also=("--set train.views=fixed",))
    draw.draw(searched, job.folder)


def evaluate(job: Job) -> None:
    """Measure both networks on the unseen cluster (paper Sect. 4)."""
    from reproduce.papers.chardin2021.evaluation.test_set import evaluate as measure

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
    from reproduce.papers.chardin2021.trained_model import model_folder

    model_folder.write(
        job.inputs["train"],
        job.inputs["dataset"] / "scaler.json",
        job.inputs["calibrate"] / "calibration.h5",
        job.settings,
        model_folder.metrics_of(job.inputs["train"]) | model_folder.metrics_of(job.inputs["evaluate"]),
        job.folder,
    )


def observe(job: Job) -> None:
    """Make a flux map of each real cluster (paper Sect. 5)."""
    from reproduce.papers.chardin2021.observed.observe import observe as look

    camera = job.settings.dataset.camera
    job.metrics |= look(job.settings.observe, camera, job.folder, job.cache, job.progress)


def out_of_domain(job: Job) -> None:
    """Domain scores of maps made as for training, and made otherwise."""
    from reproduce.papers.chardin2021.evaluation.calibration import Calibration
    from reproduce.papers.chardin2021.evaluation.out_of_domain import scores, shares
    from reproduce.papers.chardin2021.networks.prediction import load

    dataset, evaluate = job.settings.dataset, job.settings.evaluate
    table = scores(
        job.inputs["simulate"] / dataset.test_models[0] / "snapshots.h5",
        load(job.inputs["train"], job.inputs["dataset"] / "scaler.json"),
        Calibration.load(job.inputs["calibrate"] / "calibration.h5"),
        dataset,
        evaluate.strange_maps,
        evaluate.seed,
        job.progress,
    )
    with whole(job.folder / "scores.csv") as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
    job.metrics |= shares(table)


def apply(job: Job) -> None:
    """Predict mass, age and distance of the observed clusters (paper Sect. 5)."""
    from reproduce.papers.chardin2021.trained_model.observed_clusters import predict_clusters
    from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

    match job.settings.apply.networks:
        case "trained":
            pidoc = PiDoc.load(job.inputs["model"])
        case "observer":
            pidoc = PiDoc.load(job.inputs["observer_model"])
        case "pretrained_observer":
            pidoc = PiDoc.pretrained("observer")
        case _:
            pidoc = PiDoc.pretrained("extended")
    job.metrics |= predict_clusters(pidoc, job.inputs["observe"], job.folder)


def observer_sets(job: Job) -> None:
    """Draw fixed views of the observer's clusters, to scale, to calibrate and to test with."""
    from reproduce.papers.chardin2021.observer.sets import GROUPS, make

    job.metrics |= make(
        _observer_draws(job, *GROUPS), job.settings.observer.sets, job.folder, job.executor, job.progress
    )


def _observer_draws(job: Job, *groups: str) -> "dict[str, Draw]":
    """What draws views of the clusters to train, to calibrate or to test the observer's networks with."""
    from reproduce.papers.chardin2021.observer.clusters import split
    from reproduce.papers.chardin2021.observer.sets import draws

    settings = job.settings
    chosen = split(
        settings.simulate.library,
        settings.observer.sets.validation_clusters,
        settings.dataset.train_models,
        settings.dataset.test_models,
    )
    simulations = {name: job.inputs["simulate"] / name / "snapshots.h5" for name in chosen.every}
    views, camera = settings.observer.views, settings.dataset.camera
    return draws(simulations, chosen, views, camera, job.cache, job.executor, groups)


def observer_train(job: Job) -> None:
    """Train the networks that are told what is known, on views drawn anew in every epoch."""
    from reproduce.papers.chardin2021.observer.training import train as fit

    with curves(job.run, 1) as log:
        job.metrics |= fit(
            _observer_draws(job, "train")["train"],
            job.inputs["observer_sets"],
            job.settings.observer.train,
            job.folder,
            job.checkpoint,
            lambda name, epoch, values: log(1, {f"{name}/{key}": value for key, value in values.items()}, epoch),
            job.progress,
        )


def observer_calibrate(job: Job) -> None:
    """Learn how wide the observer's posteriors have to be, and the domain."""
    from reproduce.papers.chardin2021.observer.calibrate import calibrate as learn

    fixed, camera = job.inputs["observer_sets"], job.settings.dataset.camera
    job.metrics |= learn(fixed, job.inputs["observer_train"], camera, job.folder, job.progress)


def observer_evaluate(job: Job) -> None:
    """Measure the observer's networks on clusters never learnt from, with and without what can be known."""
    from reproduce.papers.chardin2021.observer.evaluation import evaluate as measure

    needs = (job.inputs[name] for name in ("observer_sets", "observer_train", "observer_calibrate"))
    fixed, trained, calibrated = needs
    job.metrics |= measure(fixed, trained, calibrated, job.settings.observer.evaluate, job.folder, job.progress)


def observer_model(job: Job) -> None:
    """Put the observer's networks, their calibration and a model card into one folder."""
    from reproduce.papers.chardin2021.trained_model.observer_folder import write

    metrics: dict[str, float] = {}
    for name in ("observer_sets", "observer_evaluate"):
        metrics |= read_json(job.inputs[name] / "manifest.json")["metrics"]
    write(job.inputs["observer_train"], job.inputs["observer_calibrate"], job.settings, metrics, job.folder)


def predict(arguments: Sequence[str]) -> int:
    """The command `predict`."""
    from reproduce.papers.chardin2021.trained_model import predict_command

    return predict_command.main(arguments)


def snapshot(arguments: Sequence[str]) -> int:
    """The command `snapshot`."""
    from reproduce.papers.chardin2021.own_data import snapshot

    return snapshot.main(arguments)


def export(arguments: Sequence[str]) -> int:
    """The command `export`."""
    from reproduce.papers.chardin2021.own_data import export

    return export.main(arguments, PAPER.chain)


def log_model(arguments: Sequence[str]) -> int:
    """The command `log-model`."""
    from reproduce.papers.chardin2021.trained_model import log_model_command

    return log_model_command.main(arguments)


# What a figure says of the training maps, of the networks that it shows at work, and of its making.
MAPS = ("simulate.n_stars", "simulate.models", "dataset.train", "dataset.train_models")
APPLIED = ("apply.networks", *MAPS, "train.views", "train.fresh", "observer.train")
MADE_BY = (*MAPS, "train")
LAYERS = ("train", "dataset.camera")
SEARCHED = tuple(f"train.{name}" for name in Train.model_fields if name not in ("from_", "views", "fresh", "members"))

# What the views of the observer's clusters follow from, beside the snapshots.
SEEN = (
    "simulate.library",
    "dataset.train_models",
    "dataset.test_models",
    "dataset.camera",
    "observer.views",
    "observer.sets.validation_clusters",
)

STAGES = (
    Stage("simulate", simulate, reads=("simulate",), work=work.simulate),
    Stage("dataset", dataset, needs=("simulate",), reads=("dataset",), work=work.maps),
    Stage("search", search, needs=("dataset",), reads=("tune", *SEARCHED), work=work.search),
    Stage("tune", tune, needs=("search",), draws=True),
    Stage(
        "train",
        train,
        needs=("dataset", When("tune", "train.from", "tune"), When("simulate", "train.views", "fresh")),
        reads=("train", "dataset"),
        work=work.train,
    ),
    Stage("calibrate", calibrate, needs=("dataset", "train"), work=work.calibrate),
    Stage("evaluate", evaluate, needs=("dataset", "train", "calibrate"), reads=("evaluate",), work=work.evaluate),
    Stage("model", model, needs=("dataset", "train", "calibrate", "evaluate"), reads=("simulate", "dataset", "train")),
    Stage("observe", observe, reads=("observe", "dataset.camera")),
    Stage("observer_sets", observer_sets, needs=("simulate",), reads=(*SEEN, "observer.sets"), work=work.observer_sets),
    Stage(
        "observer_train",
        observer_train,
        needs=("simulate", "observer_sets"),
        reads=(*SEEN, "observer.train"),
        work=work.observer_train,
    ),
    Stage(
        "observer_calibrate",
        observer_calibrate,
        needs=("observer_sets", "observer_train"),
        reads=("dataset.camera",),
        work=work.observer_calibrate,
    ),
    Stage(
        "observer_evaluate",
        observer_evaluate,
        needs=("observer_sets", "observer_train", "observer_calibrate"),
        reads=("observer.evaluate",),
        work=work.observer_evaluate,
    ),
    Stage(
        "observer_model",
        observer_model,
        needs=("observer_sets", "observer_train", "observer_calibrate", "observer_evaluate"),
        reads=(*SEEN, "observer.train"),
    ),
    Stage(
        "apply",
        apply,
        needs=(
            "observe",
            When("model", "apply.networks", "trained"),
            When("observer_model", "apply.networks", "observer"),
        ),
        reads=("apply",),
    ),
    Stage(
        "out_of_domain",
        out_of_domain,
        needs=("simulate", "dataset", "train", "calibrate"),
        reads=("dataset", "evaluate"),
        work=work.out_of_domain,
    ),
    figure(evaluation.diagnostics, needs=("simulate",), reads=("simulate.models", "simulate.library")),
    figure(evaluation.library, needs=("simulate",), reads=("simulate.models", "simulate.library")),
    figure(networks.figure1, reads=LAYERS),
    figure(networks.figure2, reads=LAYERS),
    figure(evaluation.figure3, needs=("train",), reads=MADE_BY),
    figure(evaluation.figure4, needs=("evaluate",), reads=("dataset.camera",)),
    figure(evaluation.figure5, needs=("evaluate",), reads=MADE_BY),
    figure(evaluation.figure6, needs=("evaluate",), reads=MADE_BY),
    figure(evaluation.figure7, needs=("evaluate",), reads=MADE_BY),
    figure(evaluation.figure8, needs=("evaluate",), reads=MADE_BY),
    figure(evaluation.figure9, needs=("evaluate",), reads=MADE_BY),
    figure(networks.domain, needs=("out_of_domain",)),
    figure(networks.uncertainty, needs=("evaluate",)),
    figure(evaluation.table1, needs=("dataset",), reads=("simulate.models", "dataset.camera")),
    figure(evaluation.table2, needs=("evaluate",), reads=("dataset.test_distances_kpc",)),
    figure(
        observed.figure10,
        needs=(
            "apply",
            When("dataset", "apply.networks", "pretrained"),
            When("dataset", "apply.networks", "pretrained_observer"),
            When("dataset", "apply.networks", "trained"),
            When("observer_sets", "apply.networks", "observer"),
        ),
        reads=("apply.networks", *MAPS),
    ),
    figure(observed.figure11, needs=("apply",), reads=APPLIED),
    figure(observed.figure12, needs=("apply",), reads=(*APPLIED, "dataset.camera")),
    figure(observed.table3, needs=("apply",)),
    figure(observer.observer_coverage, needs=("observer_evaluate",), in_all=False),
    figure(observer.known_inputs, needs=("observer_evaluate",), in_all=False),
)

PAPER = Paper(
    name="chardin2021",
    title="π-DOC (Chardin & Bianchini 2021)",
    experiment=EXPERIMENT,
    profiles=PROFILES,
    stages=STAGES,
    published=data_manifests.load("chardin2021/published"),
    about="One luminosity map of a globular cluster in, its mass map, age and distance out. The published networks "
    "were trained on direct N-body simulations; ours on our own Monte Carlo clusters, so differences of the data and "
    "of the training both enter.",
    commands={
        "predict": Command(predict, "{image} --out {out}", {"image": "path", "out": "string, predictions"}),
        "log-model": Command(log_model),
        "snapshot": Command(
            snapshot,
            "{file} --format {format} --distance {distance} --out {out}",
            {"file": "path", "format": "string", "distance": "string", "out": "string, cluster.fits"},
        ),
        "export": Command(
            export,
            "{cluster} --format {format} --out {out} --profile {profile}",
            {"cluster": "string", "format": "string", "out": "string", "profile": "string, laptop"},
        ),
    },
    plain_names=True,
)
