"""The chain of Magron et al. (2026): each stage's function, needs and settings. The composition root.

A function here only hands values on. Heavy imports happen inside, so that a call that finds everything made never pays
for them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import data_manifests
from reproduce.papers.magron2026 import drawing
from reproduce.papers.magron2026.settings import PROFILES
from reproduce.workflow.members import by_name, curves
from reproduce.workflow.papers import Command, Paper
from reproduce.workflow.stages import Job, Stage, figure

if TYPE_CHECKING:
    from reproduce.papers.magron2026.drawn import Draw, Group


def simulate(job: Job) -> None:
    """Evolve every cluster of the library, each with its own stars, radius, orbit and metallicity."""
    from reproduce.cluster.make import make_clusters

    group = job.settings.simulate
    job.metrics |= make_clusters(group, job.folder, job.checkpoint, job.cache, job.executor, job.progress)


def isochrones(job: Job) -> None:
    """Coeval stars of all ages and metallicities, for synthetic fields."""
    from reproduce.sky.fields import table

    found = table(job.settings.stars, job.folder)
    job.metrics |= {"ages": float(len(found.log_age)), "metallicities": float(len(found.feh))}


def populations(job: Job) -> None:
    """Coeval stars of other metallicities and ages, which training snapshots are dressed with."""
    from reproduce.papers.magron2026.drawn import BANDS, RECIPE
    from reproduce.sky.fields import table

    found = table(job.settings.populations, job.folder, BANDS, RECIPE)
    job.metrics |= {"ages": float(len(found.log_age)), "metallicities": float(len(found.feh))}


def fields(job: Job) -> None:
    """Star fields of M31 for clusters to lie on: synthetic, or cut from PHAT's bricks."""
    from reproduce.papers.magron2026.fields import make

    settings = job.settings
    job.metrics |= make(
        settings.fields,
        settings.stars,
        settings.camera,
        job.inputs["isochrones"],
        job.folder,
        job.cache,
        job.executor,
        job.progress,
    )
    if job.run is not None:
        job.run.tags({"data": settings.fields.source})


def _draw(job: Job, group: "Group" = "train") -> "Draw":
    """Draws views of the training or the test clusters."""
    from reproduce.papers.magron2026.drawn import Draw

    return Draw.of(job.settings, job.inputs, group).prepared(job.cache, job.executor)


def sets(job: Job) -> None:
    """Fixed images to choose the epoch with and to test with."""
    from reproduce.papers.magron2026.sets import make

    training, test = _draw(job), _draw(job, "test")
    job.metrics |= make(training, test, job.settings.sets, job.folder, job.executor, job.progress)


def train(job: Job) -> None:
    """Train the one network on views that are drawn anew in every epoch."""
    from reproduce.papers.magron2026.networks.training import train as fit

    group = job.settings.train
    with curves(job.run, group.members) as log:
        job.metrics |= fit(
            _draw(job),
            job.inputs["sets"],
            group,
            job.folder,
            job.checkpoint,
            by_name(log),
            job.executor,
            job.progress,
        )


def evaluate(job: Job) -> None:
    """Errors and intervals on clusters and fields that no training saw."""
    from reproduce.papers.magron2026.evaluation import evaluate as measure

    job.metrics |= measure(
        job.inputs["sets"] / "test.h5",
        job.inputs["train"],
        job.settings.evaluate,
        job.settings.sets,
        job.folder,
        job.progress,
    )


def ablation(job: Job) -> None:
    """What each input and head is worth: short trainings without it."""
    from reproduce.papers.magron2026.ablation import ablate

    job.metrics |= ablate(
        _draw(job),
        job.inputs["sets"],
        job.settings.train,
        job.settings.ablation,
        job.folder,
        job.checkpoint,
        job.executor,
        job.progress,
    )


def observe(job: Job) -> None:
    """Get PHAT's clusters with their published ages and masses, or draw a synthetic catalogue."""
    from reproduce.papers.magron2026.observed import observe as look

    test = _draw(job, "test")
    job.metrics |= look(job.settings.observe, test, job.settings.sets, job.folder, job.cache)
    if job.run is not None:
        job.run.tags({"data": job.settings.observe.source})


def apply(job: Job) -> None:
    """What the network says of M31's clusters."""
    from reproduce.papers.magron2026.observed import apply as say

    job.metrics |= say(
        job.inputs["observe"] / "observed.h5",
        job.inputs["train"],
        _draw(job),
        job.settings.observe,
        job.settings.sets,
        job.folder,
    )


def search(job: Job) -> None:
    """Try hyper-parameters of the network; every trial is a run under this stage's."""
    from reproduce.papers.magron2026.search import Networks
    from reproduce.papers.magron2026.settings import Train
    from tuning import stage

    problem = Networks(_draw(job), job.inputs["sets"] / "validation.h5")
    group = Train(**vars(job.settings.train))
    stage.run(job, group, problem)


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, outcome, results

    searched = outcome.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder, "magron2026.train", again=False)
    draw.draw(searched, job.folder)


def predict(words: Sequence[str]) -> int:
    """Maps and scalars of clusters in a user's three FITS files."""
    from reproduce.papers.magron2026.predict_command import main

    return main(words)


def log_model(words: Sequence[str]) -> int:
    """Trained networks as an MLflow model that can be served."""
    from reproduce.papers.magron2026 import log_model_command

    return log_model_command.main(words)


DRAWN = ("simulate", "populations", "fields")
LIBRARY = ("simulate.library", "simulate.models")
DRAWS = (*LIBRARY, "populations", "views", "ranges", "camera")
CELL = "train.block"

PUBLISHED = data_manifests.load("magron2026/published")

PAPER = Paper(
    name="magron2026",
    title="The improved π-DOC (Magron, Marklund & Bianchini 2026, slides)",
    experiment="magron2026",
    profiles=PROFILES,
    stages=(
        Stage(
            "simulate",
            simulate,
            reads=("simulate",),
            work=lambda settings: settings.simulate.library.clusters * settings.simulate.library.n_stars[1],
        ),
        Stage("isochrones", isochrones, reads=("stars",)),
        Stage("populations", populations, reads=("populations",)),
        Stage(
            "fields",
            fields,
            needs=("isochrones",),
            reads=("fields", "stars", "camera"),
            work=lambda settings: settings.fields.number * settings.fields.pixels**2,
        ),
        Stage(
            "sets",
            sets,
            needs=DRAWN,
            reads=("sets", CELL, *DRAWS),
            work=lambda settings: settings.sets.validation + settings.sets.test + settings.sets.m31,
        ),
        Stage(
            "train",
            train,
            needs=(*DRAWN, "sets"),
            reads=("train", *DRAWS),
            work=lambda settings: settings.train.members * settings.train.epochs * settings.train.items,
        ),
        Stage("evaluate", evaluate, needs=("sets", "train"), reads=("evaluate", "sets")),
        Stage(
            "ablation",
            ablation,
            needs=(*DRAWN, "sets"),
            reads=("ablation", "train", *DRAWS),
            work=lambda settings: settings.ablation.epochs * settings.ablation.items,
        ),
        Stage("observe", observe, needs=DRAWN, reads=("observe", "sets", CELL, *DRAWS)),
        Stage("apply", apply, needs=("observe", "train", *DRAWN), reads=("observe", "sets", CELL, *DRAWS)),
        Stage("search", search, needs=(*DRAWN, "sets"), reads=("tune", "train", *DRAWS)),
        Stage("tune", tune, needs=("search",), draws=True),
        figure(drawing.network, reads=("train", "camera.pixels")),
        figure(drawing.maps, needs=("sets", "evaluate"), reads=("fields.source",)),
        figure(drawing.true_predicted, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.errors, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.strength, needs=("evaluate",), reads=("fields.source", "sets.strengths")),
        figure(drawing.profiles, needs=("evaluate",), reads=("fields.source", "sets.profiles", "camera", CELL)),
        figure(drawing.coverage, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.domain, needs=("apply",), reads=("observe.reach_dex",)),
        figure(drawing.m31, needs=("apply",)),
        figure(drawing.literature, needs=("apply",)),
        figure(drawing.worth, needs=("ablation",), reads=("fields.source", "ablation")),
        figure(drawing.aims, needs=("evaluate", "apply")),
    ),
    commands={
        "predict": Command(
            predict,
            "{f336w} {f475w} {f814w} --networks {networks} --out {out}",
            {"f336w": "path", "f475w": "path", "f814w": "path", "networks": "path", "out": "string, clusters"},
        ),
        "log-model": Command(log_model, "--networks {networks}", {"networks": "path"}),
    },
    published=PUBLISHED,
    about="Images of a star cluster of M31 in three of Hubble's bands in; denoised bands, mass map, and the joint "
    "posterior of distance, age, metallicity, mass, luminosity and shape out. No paper is out yet: of the slides' "
    "numbers few are given. Clusters are our own Monte Carlo simulations, flattened afterwards, and fields of M31 are "
    "synthetic unless PHAT's bricks are asked for.",
)
