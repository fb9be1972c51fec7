"""The chain of Skusa (2023): each stage's function, needs and settings. The composition root.

A function here only hands values on. Heavy imports happen inside, so that a call that finds everything made never pays
for them.
"""

import json
from collections.abc import Callable
from typing import Any

import data_manifests
from reproduce.papers.skusa2023 import beyond
from reproduce.papers.skusa2023.drawing import galaxy, networks, sets, tables
from reproduce.papers.skusa2023.settings import PROFILES, Repaired
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.papers import Paper
from reproduce.workflow.stages import Job, Stage, When, figure


def observe(job: Job) -> None:
    """The galaxy: light and kinematics, synthetic with a known M/L, downloaded, or from a folder (thesis Sect. 2.1)."""
    from reproduce.papers.skusa2023.observing import observe as look

    job.metrics |= look(job.settings.observe, job.folder, job.cache)


def library(job: Job) -> None:
    """Follow the orbits of the model galaxy and see them as the spectrograph does (thesis Sect. 2.2)."""
    from reproduce.papers.skusa2023.libraries import make

    job.metrics |= make(job.settings.library, job.inputs["observe"], job.folder)


def models(job: Job) -> None:
    """Rescale the library to all M/L: the maps of h1 to h4 that networks learn (thesis Sect. 2.3)."""
    from reproduce.papers.skusa2023.models import make

    observed, made = job.inputs["observe"], job.inputs["library"]
    job.metrics |= make(job.settings.models, job.settings.library, observed, made, job.folder, job.progress)


def train(job: Job) -> None:
    """Train the deconvolutional networks: four losses, sparse sets, without the mask (thesis Sects. 3, 4, 6)."""
    from reproduce.papers.skusa2023.networks.deconvolution import train as fit

    _train(job, fit, job.settings.train)


def gan(job: Job) -> None:
    """Train the generative adversarial networks (thesis Sect. 5)."""
    from reproduce.papers.skusa2023.networks.adversary import train as fit

    _train(job, fit, job.settings.gan)


def repaired(job: Job) -> None:
    """Train the network that we put in the thesis's place, on every set."""
    from reproduce.papers.skusa2023.networks.repaired import train as fit

    group = job.settings.repaired
    if group.from_ == "tune":
        best = read_json(job.inputs["tune"] / "best.json")
        group = Repaired.model_validate(group.model_dump(by_alias=True) | best["setting"])
    _train(job, fit, group)


def _train(job: Job, fit: Callable[..., dict[str, float]], group: Any) -> None:
    def on_epoch(name: str, epoch: int, values: dict[str, float]) -> None:
        job.log({f"{name}/{key}": value for key, value in values.items()}, epoch)

    source, sets = job.inputs["models"] / "models.h5", job.settings.models
    metrics = fit(source, group, sets, job.folder, job.checkpoint, on_epoch, job.executor, job.progress)
    with whole(job.folder / "metrics.json") as partial:
        partial.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    job.metrics |= metrics


def search(job: Job) -> None:
    """Try hyper-parameters of the repaired network; every trial is a run under this stage's."""
    from reproduce.papers.skusa2023.search import Networks
    from tuning import stage

    problem = Networks(job.inputs["models"] / "models.h5", job.settings.models, job.settings.tune.stride)
    group = Repaired(**vars(job.settings.repaired))
    stage.run(job, group, problem)


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, outcome, results

    searched = outcome.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder, "skusa2023.repaired", group="repaired")
    draw.draw(searched, job.folder)


def fits(job: Job) -> None:
    """Fit the galaxy with the maps of every method at every M/L (thesis Sects. 4.2, 6.2, 7.2)."""
    from reproduce.papers.skusa2023.fits import fit_all

    methods, trained = _methods(job)
    observed, made = job.inputs["observe"], job.inputs["library"]
    fit_all(
        methods, trained, observed, made, job.settings.evaluate, job.folder, job.checkpoint, job.executor, job.progress
    )


def evaluate(job: Job) -> None:
    """Errors of the maps, best M/L and time of every method (thesis Sects. 4.3, 6, and the table that it lacks)."""
    from reproduce.papers.skusa2023.evaluation import evaluate as measure

    methods, trained = _methods(job)
    job.metrics |= measure(methods, trained, job.inputs["fits"], job.inputs["observe"], job.folder)


def examples(job: Job) -> None:
    """Maps for figures: networks without the mask, images of the GAN (thesis Figs. 3.1, 5.2, A.1)."""
    from reproduce.papers.skusa2023.examples import write

    job.metrics |= write(_methods(job)[1], job.folder)


def _methods(job: Job) -> Any:
    from reproduce.papers.skusa2023.methods import Trained, all_methods

    settings = job.settings
    methods = all_methods(settings.models, settings.train, settings.gan, settings.evaluate.methods)
    trained = Trained(
        source=job.inputs["models"] / "models.h5",
        dcnn=job.inputs["train"],
        gan=job.inputs["gan"],
        repaired=job.inputs["repaired"],
        sets=settings.models,
        train=settings.train,
        gan_settings=settings.gan,
    )
    return methods, trained


NETWORKS = ("models", "train", "gan", "repaired")
CHOICES = ("models", "train", "gan", "evaluate")
MEASURED = ("observe", "fits", "evaluate")
TRAINED = ("train", "models")
SEARCHED = tuple(f"repaired.{name}" for name in Repaired.model_fields if name != "from_")

STAGES = (
    Stage("observe", observe, reads=("observe",)),
    Stage("library", library, needs=("observe",), reads=("library",)),
    Stage("models", models, needs=("observe", "library"), reads=("models", "library")),
    Stage("train", train, needs=("models",), reads=("train", "models")),
    Stage("gan", gan, needs=("models",), reads=("gan", "models")),
    Stage("repaired", repaired, needs=("models", When("tune", "repaired.from", "tune")), reads=("repaired", "models")),
    Stage("search", search, needs=("models",), reads=("tune", "models", *SEARCHED)),
    Stage("tune", tune, needs=("search",), draws=True),
    Stage("fits", fits, needs=("observe", "library", *NETWORKS), reads=CHOICES),
    Stage("evaluate", evaluate, needs=("observe", *NETWORKS, "fits"), reads=CHOICES),
    Stage("examples", examples, needs=NETWORKS, reads=CHOICES),
    figure(galaxy.figure2_1, needs=("observe",)),
    figure(galaxy.figure2_2, needs=("observe", "library", "fits")),
    figure(galaxy.figure2_3, needs=("observe", "library", "fits"), reads=("library.distance_mpc",)),
    figure(networks.figure3_1, needs=("examples",), reads=("train",)),
    figure(networks.figure3_2, needs=("models",), reads=("train.activation",)),
    figure(networks.figure4_1, needs=("models", "fits"), reads=TRAINED),
    figure(sets.figure4_2, needs=MEASURED, reads=TRAINED),
    figure(networks.figure5_1, needs=("gan",), reads=("gan",)),
    figure(networks.figure5_2, needs=("gan", "examples"), reads=("gan", "models")),
    figure(sets.figure6_1, needs=MEASURED, reads=TRAINED),
    figure(sets.figure6_2, needs=MEASURED, reads=TRAINED),
    figure(sets.figure6_3, needs=MEASURED, reads=TRAINED),
    figure(sets.figure6_4, needs=MEASURED, reads=TRAINED),
    figure(galaxy.figure7_1, needs=MEASURED, reads=TRAINED),
    figure(galaxy.figure7_2, needs=MEASURED, reads=TRAINED),
    figure(galaxy.figure7_3, needs=MEASURED, reads=TRAINED),
    figure(networks.figure_a_1, needs=("gan", "examples"), reads=("gan", "models")),
    figure(sets.figure_a_2, needs=MEASURED, reads=TRAINED),
    figure(tables.baselines, needs=("evaluate",), reads=("train.chosen",)),
    figure(tables.losses, needs=("evaluate",)),
    figure(tables.table2_1, reads=("library", "models")),
    figure(tables.table3_1, needs=("train", "gan"), reads=("train", "gan", "models")),
    figure(tables.table_b_1, needs=("models",), reads=("train.activation",)),
)

PAPER = Paper(
    name="skusa2023",
    title="Orbit libraries with deep learning (Skusa 2023)",
    experiment="skusa2023",
    profiles=PROFILES,
    stages=(*STAGES, *beyond.STAGES),
    published=data_manifests.load("skusa2023/published"),
    about="A mass-to-light ratio in, the Gauss-Hermite maps of 360 orbits in 152 apertures out. Rescaling one library "
    "gives these maps exactly and at once; the networks of the thesis are measured against that. The galaxy is "
    "synthetic unless observe.kinematics says otherwise.",
)
