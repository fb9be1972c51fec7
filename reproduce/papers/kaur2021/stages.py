"""The chain of Kaur et al. (2021): each stage's function, needs and settings. The composition root.

A function here only hands values on. Heavy imports happen inside, so that a call that finds everything made never pays
for them.
"""

import itertools
import json
from collections.abc import Sequence

import data_manifests
from reproduce.papers.kaur2021 import drawing, drawing_observed
from reproduce.papers.kaur2021.settings import PROFILES
from reproduce.workflow.members import by_name, curves
from reproduce.workflow.papers import Command, Paper
from reproduce.workflow.stages import Job, Stage, figure


def galaxies(job: Job) -> None:
    """Simulate discs and mergers with their globular clusters (paper Sect. 2.1)."""
    from reproduce.papers.kaur2021.galaxies import make_galaxies

    job.metrics |= make_galaxies(job.settings.galaxies, job.folder, job.checkpoint, job.executor, job.progress)


def maps(job: Job) -> None:
    """Draw the maps of V and σ from all sides (paper Sect. 2.1.3)."""
    from reproduce.papers.kaur2021.maps import make_maps

    source = job.inputs["galaxies"] / "galaxies.h5"
    ends = job.settings.galaxies.halo_msun
    job.metrics |= make_maps(source, job.settings.maps, ends, job.folder, job.progress)


def estimators(job: Job) -> None:
    """Estimate the masses without networks: classical estimators, nearest maps, the floor of shot noise."""
    import h5py

    from reproduce.papers.kaur2021.estimators import measure
    from reproduce.workflow.files import whole

    metrics, predictions = measure(
        job.inputs["galaxies"] / "galaxies.h5",
        job.inputs["maps"] / "maps.h5",
        simulated=job.settings.galaxies,
        seen=job.settings.maps,
        evaluate=job.settings.evaluate,
        tell=job.progress,
    )
    with whole(job.folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for name, values in predictions.items():
            file[name] = values
    (job.folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    job.metrics |= metrics


def train(job: Job) -> None:
    """Train the paper's networks, split by image and by galaxy (paper Sect. 2.2)."""
    from reproduce.papers.kaur2021.networks.training import train as fit

    group = job.settings.train
    with curves(job.run, group.members) as log:
        job.metrics |= fit(
            job.inputs["maps"] / "maps.h5",
            job.settings.maps.cells,
            group,
            job.folder,
            job.checkpoint,
            by_name(log),
            job.executor,
            job.progress,
        )


def fresh(job: Job) -> None:
    """Train networks on views drawn anew in every epoch, split by galaxy (not in the paper)."""
    from reproduce.papers.kaur2021.networks import training

    settings, group = job.settings, job.settings.fresh
    data = {
        network: training.fresh_data(
            network,
            job.inputs["galaxies"] / "galaxies.h5",
            job.inputs["maps"] / "maps.h5",
            simulated=settings.galaxies,
            seen=settings.maps,
            fresh=group,
        )
        for network in training.fresh_networks(group)
    }
    with curves(job.run, group.members) as log:
        job.metrics |= training.train_fresh(
            data, group, job.folder, job.checkpoint, by_name(log), job.executor, job.progress
        )


def sets(job: Job) -> None:
    """Train networks of sets, which see the clusters themselves and answer with a posterior (not in the paper)."""
    from reproduce.papers.kaur2021.sets.training import train as fit

    group = job.settings.sets
    with curves(job.run, group.members) as log:
        job.metrics |= fit(
            job.inputs["galaxies"] / "galaxies.h5",
            job.settings.maps,
            group,
            job.settings.galaxies.halo_msun,
            job.folder,
            job.checkpoint,
            by_name(log),
            job.executor,
            job.progress,
        )


def levels(job: Job) -> None:
    """Correct the posteriors of the networks of sets by what is seen of a galaxy; all that a prediction needs."""
    from reproduce.papers.kaur2021.sets.levels import make

    settings = job.settings
    job.metrics |= make(
        job.inputs["galaxies"] / "galaxies.h5",
        job.inputs["sets"],
        seen=settings.maps,
        sets=settings.sets,
        ends_msun=settings.galaxies.halo_msun,
        folder=job.folder,
        progress=job.progress,
    )


def set_errors(job: Job) -> None:
    """Errors and calibration of the networks of sets on galaxies that they have not seen."""
    from reproduce.papers.kaur2021.sets.evaluation import evaluate

    metrics = evaluate(
        job.inputs["galaxies"] / "galaxies.h5",
        job.inputs["levels"],
        seen=job.settings.maps,
        sets=job.settings.sets,
        ends_msun=job.settings.galaxies.halo_msun,
        settings=job.settings.evaluate,
        folder=job.folder,
        tell=job.progress,
    )
    (job.folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    job.metrics |= metrics


def observe(job: Job) -> None:
    """Get the velocities of clusters in real galaxies, or a synthetic catalogue (paper Sect. 4.1)."""
    from reproduce.papers.kaur2021.observed.observe import observe as look

    job.metrics |= look(job.settings.observe, job.settings.galaxies, job.folder, job.cache)
    if job.run is not None:
        job.run.tags({"data": job.settings.observe.source})


def predict(words: Sequence[str]) -> int:
    """Mass of a user's galaxy from a list of its clusters."""
    from reproduce.papers.kaur2021.observed.predict_command import main

    return main(words)


def log_model(words: Sequence[str]) -> int:
    """Networks of sets as an MLflow model to serve."""
    from reproduce.papers.kaur2021 import log_model_command

    return log_model_command.main(words)


def unknown(job: Job) -> None:
    """Simulate galaxies outside the ranges of the others, and draw their maps (paper Sect. 3.5)."""
    from reproduce.papers.kaur2021.galaxies import make_galaxies
    from reproduce.papers.kaur2021.maps import make_maps

    settings = job.settings
    others = settings.galaxies.model_copy(update=dict(settings.unknown))
    seen = settings.maps.model_copy(update={"seed": settings.unknown.seed})
    job.metrics |= make_galaxies(others, job.folder, job.checkpoint, job.executor, job.progress)
    job.metrics |= make_maps(job.folder / "galaxies.h5", seen, settings.galaxies.halo_msun, job.folder, job.progress)


def evaluate(job: Job) -> None:
    """Measure all networks on galaxies and images that they were not trained with, beside what needs no network."""
    from reproduce.papers.kaur2021 import evaluation
    from reproduce.papers.kaur2021.networks import training
    from reproduce.workflow.files import whole

    settings = job.settings
    results = evaluation.Results(settings.galaxies, settings.maps, settings.evaluate)
    drawn = job.inputs["maps"] / "maps.h5"
    total = len(training.networks(settings.train)) + len(training.fresh_networks(settings.fresh))
    steps = itertools.chain(
        evaluation.paper_networks(
            results, drawn, job.inputs["train"], job.inputs["unknown"], settings.maps.cells, settings.train
        ),
        evaluation.fresh_networks(
            results,
            job.inputs["galaxies"] / "galaxies.h5",
            drawn,
            job.inputs["fresh"],
            job.inputs["unknown"],
            simulated=settings.galaxies,
            seen=settings.maps,
            fresh=settings.fresh,
        ),
    )
    for done, network in enumerate(steps, start=1):
        job.progress(done / total, network)
    evaluation.without_networks(results, drawn, job.inputs["estimators"] / "predictions.h5", settings.train)
    results.metrics |= evaluation.nearest_reading(results.metrics, PUBLISHED, settings.train)
    with whole(job.folder / "predictions.h5") as partial:
        results.save(partial)
    (job.folder / "metrics.json").write_text(json.dumps(results.metrics, indent=1), encoding="utf-8")
    job.metrics |= results.metrics


def examples(job: Job) -> None:
    """Make the single galaxies of Figures 2, 3, 4 and 19."""
    from reproduce.papers.kaur2021.examples import make

    settings = job.settings
    job.metrics |= make(settings.galaxies, settings.maps, settings.examples, job.folder, job.progress)


def schedules(job: Job) -> None:
    """Train one data set with more and fewer epochs."""
    from reproduce.papers.kaur2021.schedules import run
    from reproduce.workflow.files import whole

    settings = job.settings
    table = run(
        job.inputs["maps"] / "maps.h5",
        settings.maps.cells,
        settings.train,
        settings.schedules,
        job.folder,
        job.checkpoint,
        job.executor,
        job.progress,
    )
    with whole(job.folder / "schedules.csv") as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
    job.metrics |= {
        f"mae_{split}_{epochs}_epochs": mae
        for split, epochs, mae in zip(table["split"], table["epochs"], table["mae"].tolist(), strict=True)
    }


def ablation(job: Job) -> None:
    """Train networks on discs of which one thing after the other varies, with fewer clusters, and with noise."""
    from reproduce.papers.kaur2021.ablation import run, variants
    from reproduce.workflow.files import whole

    settings = job.settings
    rows = variants(settings.galaxies, settings.maps, settings.fresh, settings.ablation)
    table = run(rows, settings.evaluate, job.checkpoint, job.executor, job.progress)
    with whole(job.folder / "ablation.csv") as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
    job.metrics |= {f"mae_row_{place}": mae for place, mae in enumerate(table["mae"].tolist(), start=1)}


def search(job: Job) -> None:
    """Try hyper-parameters of one network; every trial is a run under this stage's."""
    from reproduce.papers.kaur2021.search import Network
    from reproduce.papers.kaur2021.settings import Train
    from tuning import stage

    settings, tune = job.settings, job.settings.tune
    train = Train(**vars(settings.train)).model_copy(update={"splits": (tune.split,), "channels": (tune.input,)})
    name = f"{tune.data_set}.{tune.input}.{tune.split}"
    problem = Network(job.inputs["maps"] / "maps.h5", settings.maps.cells, name, settings.galaxies.halo_msun)
    stage.run(job, train, problem)


def tune(job: Job) -> None:
    """The best setting of a search, what mattered, and drawings of all trials."""
    from tuning import draw, outcome, results

    searched = outcome.load(job.inputs["search"])
    job.metrics |= results.write(searched, job.folder, "kaur2021.train", again=False)
    draw.draw(searched, job.folder)


PUBLISHED = data_manifests.load("kaur2021/published")

PAPER = Paper(
    name="kaur2021",
    title="Galaxy masses from globular clusters (Kaur et al. 2021)",
    experiment="kaur2021",
    profiles=PROFILES,
    stages=(
        Stage("galaxies", galaxies, reads=("galaxies",)),
        Stage("maps", maps, needs=("galaxies",), reads=("maps", "galaxies.halo_msun")),
        Stage("estimators", estimators, needs=("galaxies", "maps"), reads=("galaxies", "maps", "evaluate")),
        Stage("train", train, needs=("maps",), reads=("train", "maps.cells")),
        Stage("fresh", fresh, needs=("galaxies", "maps"), reads=("galaxies", "maps", "fresh")),
        Stage("unknown", unknown, reads=("galaxies", "maps", "unknown")),
        Stage("examples", examples, reads=("galaxies", "maps", "examples")),
        Stage(
            "evaluate",
            evaluate,
            needs=("galaxies", "maps", "estimators", "train", "fresh", "unknown"),
            reads=("galaxies", "maps", "train", "fresh", "evaluate"),
        ),
        Stage("search", search, needs=("maps",), reads=("tune", "train", "maps.cells", "galaxies.halo_msun")),
        Stage("tune", tune, needs=("search",), draws=True),
        Stage("schedules", schedules, needs=("maps",), reads=("train", "maps.cells", "schedules")),
        Stage("ablation", ablation, reads=("galaxies", "maps", "fresh", "ablation", "evaluate")),
        figure(drawing.figure1, reads=("train.pool_stride", "maps.cells")),
        figure(drawing.figure2, needs=("examples",), reads=("maps.field_rd",)),
        figure(drawing.figure3, needs=("examples",)),
        figure(drawing.figure4, needs=("examples",), reads=("maps.field_rd",)),
        figure(drawing.figure5, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure6, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure7, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure8, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure9, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure10, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure11, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure12, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure13, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure14, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure15, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure16, needs=("evaluate",), reads=("galaxies.halo_msun",)),
        figure(drawing.figure19, needs=("examples",), reads=("maps.field_rd",)),
        figure(drawing.table2, needs=("evaluate",), reads=("train",)),
        figure(drawing.table3, needs=("evaluate",), reads=("train",)),
        figure(drawing.causes, needs=("ablation",)),
        figure(drawing.epochs, needs=("schedules", "evaluate"), reads=("schedules",)),
        figure(drawing.classical, needs=("estimators",)),
        Stage("sets", sets, needs=("galaxies",), reads=("sets", "maps", "galaxies.halo_msun")),
        Stage("levels", levels, needs=("galaxies", "sets"), reads=("sets", "maps", "galaxies.halo_msun")),
        Stage(
            "set_errors",
            set_errors,
            needs=("galaxies", "levels"),
            reads=("sets", "maps", "galaxies.halo_msun", "evaluate"),
        ),
        figure(drawing_observed.posterior, needs=("set_errors",)),
        Stage("observe", observe, reads=("observe", "galaxies")),
        figure(drawing_observed.figure17, needs=("observe",), reads=("maps", "galaxies.size_exponent")),
        figure(drawing_observed.figure18, needs=("observe",), reads=("maps", "galaxies.size_exponent")),
        figure(
            drawing_observed.table4,
            needs=("observe", "train", "levels"),
            reads=("maps", "train", "galaxies.halo_msun", "galaxies.size_exponent"),
        ),
        figure(drawing_observed.observed_masses, needs=("observe", "levels"), reads=("galaxies.halo_msun",)),
    ),
    commands={
        "predict": Command(
            predict,
            "{clusters} --distance {distance} --out {out}",
            {"clusters": "path", "distance": "string", "out": "string, masses"},
        ),
        "log-model": Command(log_model),
    },
    published=PUBLISHED,
    about="Maps of velocity and dispersion of 200 globular clusters in, the dark mass of their galaxy out. The "
    "galaxies are our own simulations after the paper's description, which leaves ranges, label and smoothing open.",
)
