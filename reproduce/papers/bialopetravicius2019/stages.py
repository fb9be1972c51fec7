"""The chain of Bialopetravičius et al. (2019): each stage's function, needs and settings. The composition root.

A function here only hands values on. Heavy imports happen inside, so that a call that finds everything made never pays
for them.
"""

from collections.abc import Sequence

import data_manifests
from reproduce.papers.bialopetravicius2019 import drawing
from reproduce.papers.bialopetravicius2019.settings import PROFILES
from reproduce.workflow.members import by_name, curves
from reproduce.workflow.papers import Command, Paper
from reproduce.workflow.stages import Job, Stage, figure


def isochrones(job: Job) -> None:
    """Coeval stars of all ages and metallicities, from our stellar tracks."""
    from reproduce.sky.fields import table

    found = table(job.settings.stars, job.folder)
    job.metrics |= {"ages": float(len(found.log_age)), "metallicities": float(len(found.feh))}


def fields(job: Job) -> None:
    """Star fields of M31 for clusters to lie on: synthetic, or cut from PHAT's bricks."""
    from reproduce.papers.bialopetravicius2019.fields import make

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


def sets(job: Job) -> None:
    """Fixed images to choose the epoch with and to test with."""
    from reproduce.papers.bialopetravicius2019.drawn import Draw
    from reproduce.papers.bialopetravicius2019.sets import make

    job.metrics |= make(Draw.of(job.settings, job.inputs), job.settings.sets, job.folder, job.executor, job.progress)


def train(job: Job) -> None:
    """Train the residual network on clusters that are drawn anew in every epoch."""
    from reproduce.papers.bialopetravicius2019.drawn import Draw
    from reproduce.papers.bialopetravicius2019.networks.training import train as fit

    group = job.settings.train
    with curves(job.run, group.members) as log:
        job.metrics |= fit(
            Draw.of(job.settings, job.inputs),
            job.inputs["sets"] / "validation.h5",
            group,
            job.folder,
            job.checkpoint,
            by_name(log),
            job.executor,
            job.progress,
        )


def baselines(job: Job) -> None:
    """Aperture photometry with stochastic populations, and radii from the curve of growth."""
    from reproduce.papers.bialopetravicius2019.baselines import make
    from reproduce.papers.bialopetravicius2019.drawn import Draw

    test = job.inputs["sets"] / "test.h5"
    job.metrics |= make(
        Draw.of(job.settings, job.inputs), job.settings.baselines, test, job.folder, job.executor, job.progress
    )


def evaluate(job: Job) -> None:
    """Errors, intervals, completeness: the network beside what needs none, on the same images."""
    from reproduce.papers.bialopetravicius2019.evaluation import evaluate as measure

    job.metrics |= measure(
        job.inputs["sets"] / "test.h5",
        job.inputs["baselines"] / "baselines.h5",
        job.inputs["train"],
        job.settings.evaluate,
        job.settings.clusters.log_age,
        job.settings.clusters.log_mass,
        job.folder,
        job.progress,
    )


def observe(job: Job) -> None:
    """Get PHAT's clusters with their published ages and masses, or draw a synthetic catalogue."""
    from reproduce.papers.bialopetravicius2019.drawn import Draw
    from reproduce.papers.bialopetravicius2019.observed import observe as look

    job.metrics |= look(job.settings.observe, Draw.of(job.settings, job.inputs), job.folder, job.cache)
    if job.run is not None:
        job.run.tags({"data": job.settings.observe.source})


def apply(job: Job) -> None:
    """What the network says of clusters with published ages and masses."""
    from reproduce.papers.bialopetravicius2019.observed import apply as say

    job.metrics |= say(job.inputs["observe"] / "observed.h5", job.inputs["train"], job.folder)


def search(job: Job) -> None:
    """Try hyper-parameters of the network; every trial is a run under this stage's."""
    from reproduce.papers.bialopetravicius2019.drawn import Draw
    from reproduce.papers.bialopetravicius2019.search import Networks
    from reproduce.papers.bialopetravicius2019.settings import Train
    from tuning import stage

    problem = Networks(Draw.of(job.settings, job.inputs), job.inputs["sets"] / "validation.h5")
    group = Train(**vars(job.settings.train))
    stage.run(job, group, problem)


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, outcome, results

    searched = outcome.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder, "bialopetravicius2019.train", again=False)
    draw.draw(searched, job.folder)


def predict(words: Sequence[str]) -> int:
    """Age, mass and size of clusters in a user's three FITS files."""
    from reproduce.papers.bialopetravicius2019.predict_command import main

    return main(words)


def log_model(words: Sequence[str]) -> int:
    """Trained networks as an MLflow model that can be served."""
    from reproduce.papers.bialopetravicius2019 import log_model_command

    return log_model_command.main(words)


DRAWN = ("isochrones", "fields")
DRAWS = ("stars", "clusters", "camera")

PUBLISHED = data_manifests.load("bialopetravicius2019/published")

PAPER = Paper(
    name="bialopetravicius2019",
    title="Star clusters by a residual network (Bialopetravičius et al. 2019)",
    experiment="bialopetravicius2019",
    profiles=PROFILES,
    stages=(
        Stage("isochrones", isochrones, reads=("stars",)),
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
            reads=("sets", *DRAWS),
            work=lambda settings: settings.sets.validation + settings.sets.test + settings.sets.disc,
        ),
        Stage(
            "train",
            train,
            needs=(*DRAWN, "sets"),
            reads=("train", *DRAWS),
            work=lambda settings: settings.train.members * settings.train.epochs * settings.train.items,
        ),
        Stage(
            "baselines",
            baselines,
            needs=(*DRAWN, "sets"),
            reads=("baselines", *DRAWS),
            work=lambda settings: settings.baselines.library * (settings.sets.test + settings.sets.disc),
        ),
        Stage(
            "evaluate",
            evaluate,
            needs=("sets", "train", "baselines"),
            reads=("evaluate", "clusters.log_age", "clusters.log_mass"),
        ),
        Stage("observe", observe, needs=DRAWN, reads=("observe", *DRAWS)),
        Stage("apply", apply, needs=("observe", "train")),
        Stage("search", search, needs=(*DRAWN, "sets"), reads=("tune", "train", *DRAWS)),
        Stage("tune", tune, needs=("search",), draws=True),
        figure(drawing.clusters, needs=DRAWN, reads=("sets.seed", *DRAWS)),
        figure(drawing.network, reads=("train", "camera.pixels")),
        figure(drawing.true_predicted, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.plane, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.trends, needs=("evaluate",), reads=("fields.source",)),
        figure(drawing.completeness, needs=("evaluate",), reads=("fields.source", "evaluate.false_alarms")),
        figure(drawing.calibration, needs=("evaluate",)),
        figure(drawing.claim, needs=("evaluate",)),
        figure(drawing.methods, needs=("evaluate",)),
        figure(drawing.johnson, needs=("apply",), reads=("fields.source",)),
    ),
    commands={
        "predict": Command(
            predict,
            "{f336w} {f475w} {f814w} --out {out}",
            {"f336w": "path", "f475w": "path", "f814w": "path", "out": "string, clusters"},
        ),
        "log-model": Command(log_model),
    },
    published=PUBLISHED,
    about="Images of a faint cluster in three of Hubble's bands in, the joint posterior of its age, mass, half-light "
    "radius and extinction out. Of the paper only the abstract is at hand: clusters are drawn star by star, and fields "
    "of M31 are synthetic unless PHAT's bricks are asked for.",
)
