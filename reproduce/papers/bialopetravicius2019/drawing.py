"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`.

Titles say whether fields and clusters are synthetic. Of the paper only the abstract is at hand, so that none of these
is one of its figures.
"""

from typing import TYPE_CHECKING, Any

from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job

METHODS = ("network", "bins", "photometry")
GROUPS = {"all": "all clusters", "disc": "clusters of the abstract's range on the disc"}
AGES, MASSES = (7.0, 8.0, 9.0), (2.5, 3.5)
STAMP_PC = 1.5
"""Half-light radius of the clusters shown [pc]."""


def clusters(job: "Job") -> None:
    """Clusters of several ages and masses on fields, as the networks see them in three bands."""
    import numpy as np

    from paper_figures import hst, style
    from reproduce.papers.bialopetravicius2019.drawn import Draw
    from reproduce.sky.drawn_clusters import Cluster

    draw = Draw.of(job.settings, job.inputs)
    maker = draw.maker
    rows = []
    for line, log_mass in enumerate(MASSES):
        row = []
        for column, log_age in enumerate(AGES):
            generator = np.random.default_rng([job.settings.sets.seed, 9, line, column])
            cluster = Cluster(log_age, 10**log_mass, STAMP_PC, 0.0, 0.5)
            light, _ = maker.light(cluster, generator)
            background, _ = maker.tiles.cutout(generator, "train", draw.camera.pixels)
            row.append(maker.exposed(light, background, generator))
        rows.append(row)
    titles = [rf"$\log_{{10}}$ age/yr = {age:g}" for age in AGES]
    names = [rf"$10^{{{mass:g}}}\ M_\odot$" for mass in MASSES]
    drawing = hst.stamps(rows, titles, names, draw.camera.pixel_arcsec)
    drawing.suptitle(f"drawn clusters on fields: {maker.tiles.origin}", fontsize=8)
    style.save(drawing, job.folder, "clusters")


def network(job: "Job") -> None:
    """The residual network, drawn from its layers."""
    from paper_figures import layers, style
    from reproduce.learning.layers import layer_table
    from reproduce.papers.bialopetravicius2019.networks.architecture import build

    train = job.settings.train
    shape = {name: getattr(train, name) for name in ("depth", "width", "dense", "components", "bins", "stem")}
    table = layer_table(build(job.settings.camera.pixels, **shape))
    drawn = table.iloc[2:].copy()  # without the input and the reshaping of its axes, which have no side
    drawn["inputs"] = drawn["inputs"].replace("bands", "")
    style.save(layers.figure(drawn, f"residual network, {train.depth} layers"), job.folder, "network")
    style.save_table(table, job.folder, "network")
    job.metrics["parameters"] = float(table["parameters"].sum())


def true_predicted(job: "Job") -> None:
    """Predicted against true age, mass and size: networks, bins, and what needs no network."""
    from paper_figures import style
    from paper_figures.bialopetravicius2019 import true_predicted as figure
    from reproduce.papers.bialopetravicius2019.labels import PARAMETERS

    for group, words in GROUPS.items():
        labels, methods = _predictions(job, group)
        estimates = {
            method: {name: quantiles[2, :, k] for k, name in enumerate(PARAMETERS)}
            for method, quantiles in methods.items()
        }
        style.save(figure.draw(labels, estimates, _title(job, words)), job.folder, f"true_predicted_{group}")


def plane(job: "Job") -> None:
    """Bias and scatter over the plane of age and mass."""
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.bialopetravicius2019 import plane as figure
    from reproduce.papers.bialopetravicius2019 import sets

    claim = (np.log10(sets.OLDEST_YR), *np.log10(sets.MASSES_MSUN))
    cells = pd.read_csv(job.inputs["evaluate"] / "cells_all.csv")
    for method in ("network", "photometry"):
        rows = cells[cells["method"] == method]
        title = _title(job, f"{method}, {GROUPS['all']}; red: the abstract's range")
        style.save(figure.draw(rows, claim, title), job.folder, f"plane_{method}")
    style.save_table(cells, job.folder, "plane")


def trends(job: "Job") -> None:
    """Errors against size, background and extinction."""
    from paper_figures import style
    from paper_figures.bialopetravicius2019 import trends as figure
    from reproduce.papers.bialopetravicius2019.labels import NAMES, PARAMETERS

    labels, methods = _predictions(job, "all")
    errors = {
        method: {NAMES[name]: quantiles[2, :, k] - labels[name] for k, name in enumerate(PARAMETERS)}
        for method, quantiles in methods.items()
    }
    things = {
        r"true $\log_{10}$ $r_{\rm h}$ [pc]": labels["log_half_radius"],
        "background, F475W [mag arcsec$^{-2}$]": labels["background"],
        "true $A_V$ [mag]": labels["a_v"],
    }
    style.save(figure.draw(things, errors, title=_title(job, GROUPS["all"])), job.folder, "trends")


def completeness(job: "Job") -> None:
    """Share of the clusters that are found, with as many false alarms."""
    from paper_figures import style
    from paper_figures.bialopetravicius2019 import completeness as figure

    labels, _ = _predictions(job, "all")
    metrics = _metrics(job)
    found = {
        method: labels[name] > metrics[f"completeness.{method}.threshold"]
        for method, name in (("network", "there"), ("photometry", "signal_to_noise"))
        if f"completeness.{method}.threshold" in metrics
    }
    alarms = job.settings.evaluate.false_alarms
    style.save(figure.draw(labels, found, alarms, _title(job, GROUPS["all"])), job.folder, "completeness")


def calibration(job: "Job") -> None:
    """Coverage of the intervals and ranks of the truth."""
    import h5py

    from paper_figures import style
    from paper_figures.bialopetravicius2019 import calibration as figure
    from reproduce.papers.bialopetravicius2019.labels import NAMES, PARAMETERS

    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        below = {
            words: {NAMES[name]: file[f"{group}/network/below"][:, k] for k, name in enumerate(PARAMETERS)}
            for group, words in GROUPS.items()
        }
    style.save(figure.draw(below), job.folder, "calibration")


def claim(job: "Job") -> None:
    """The claim of the abstract, cell by cell, and the published numbers beside ours."""
    import pandas as pd

    import data_manifests
    from paper_figures import style
    from paper_figures.bialopetravicius2019 import tables
    from reproduce.papers.bialopetravicius2019.claim import LIMITS, SCATTERS
    from reproduce.workflow import comparison

    cells = pd.read_csv(job.inputs["evaluate"] / "cells_disc.csv")
    style.save_table(tables.claim(cells, LIMITS, SCATTERS), job.folder, "claim", latex=True)
    published = data_manifests.load("bialopetravicius2019/published")
    job.metrics |= comparison.write(job.folder, _metrics(job), published, published)


def methods(job: "Job") -> None:
    """Networks, bins and what needs no network on the same images; and every aim with what came out."""
    from paper_figures import style
    from paper_figures.bialopetravicius2019 import tables
    from reproduce.papers.bialopetravicius2019.claim import LIMITS, SCATTERS

    metrics = _metrics(job)
    style.save_table(tables.methods(metrics), job.folder, "methods")
    aims = tables.aims(metrics, LIMITS, SCATTERS)
    style.save_table(aims, job.folder, "aims")
    job.metrics |= {"aims": float(len(aims)), "aims_reached": float(aims["reached"].sum())}


def johnson(job: "Job") -> None:
    """Published ages and masses of clusters beside the network's; synthetic ones are called so."""
    from astropy.table import Table

    from paper_figures import style
    from paper_figures.bialopetravicius2019 import johnson as figure

    table = Table.read(job.inputs["apply"] / "clusters.ecsv")
    synthetic = table.meta["source"] == "synthetic"
    origin = "SYNTHETIC catalogue" if synthetic else "PHAT clusters (Johnson et al. 2015, 2016)"
    stem = "johnson_synthetic" if synthetic else "johnson"
    rows = table.to_pandas()
    style.save(figure.draw(rows, f"{origin}; networks trained on {_fields(job)} fields"), job.folder, stem)
    style.save_table(rows, job.folder, stem)


def _metrics(job: "Job") -> dict[str, float]:
    found: dict[str, float] = read_json(job.inputs["evaluate"] / "metrics.json")
    return found


def _predictions(job: "Job", group: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels of a group's clusters, with what tells them from empty images, and each method's quantiles."""
    import h5py

    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        labels = {name: values[:] for name, values in file[f"{group}/labels"].items()}
        labels |= {name: file[f"{group}/{name}"][:] for name in ("there", "signal_to_noise")}
        methods = {name: file[f"{group}/{name}/quantiles"][:] for name in METHODS if name in file[group]}
    return labels, methods


def _fields(job: "Job") -> str:
    return "synthetic" if job.settings.fields.source == "synthetic" else "PHAT's"


def _title(job: "Job", words: str) -> str:
    return f"{words}; {_fields(job)} fields of M31"
