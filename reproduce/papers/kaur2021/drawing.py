"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def figure1(job: "Job") -> None:
    """Figure 1: the network with four convolutions, drawn from its layers."""
    from paper_figures import layers, style
    from reproduce.learning.layers import layer_table
    from reproduce.papers.kaur2021.networks.architecture import build

    table = layer_table(
        build("one_channel", cells=job.settings.maps.cells, convolutions=4, pool_stride=job.settings.train.pool_stride)
    )
    style.save(layers.figure(table, "four convolutions, one channel"), job.folder, "figure01")
    style.save_table(table, job.folder, "figure01")
    job.metrics["parameters"] = float(table["parameters"].sum())


def figure2(job: "Job") -> None:
    """Figure 2: V and σ of an isolated disc."""
    from paper_figures import style
    from paper_figures.kaur2021 import figure02

    velocity, dispersion = _example(job, "disc")
    style.save(figure02.draw(velocity, dispersion, job.settings.maps.field_rd), job.folder, "figure02")


def figure3(job: "Job") -> None:
    """Figure 3: the clusters of a merger over time."""
    import h5py

    from paper_figures import style
    from paper_figures.kaur2021 import figure03

    with h5py.File(job.inputs["examples"] / "examples.h5") as file:
        group = file["merger"]
        times, places = group["time_gyr"][:], group["position_kpc"][:] / group.attrs["unit_kpc"]
    style.save(figure03.draw(times, places), job.folder, "figure03")


def figure4(job: "Job") -> None:
    """Figure 4: maps of a remnant for several numbers of clusters and smoothing lengths."""
    import h5py

    from paper_figures import style
    from paper_figures.kaur2021 import figure04

    with h5py.File(job.inputs["examples"] / "examples.h5") as file:
        names = sorted(file["maps"], key=lambda name: (-int(name.split("-")[0]), float(name.split("-")[1])))
    panels = [(int(name.split("-")[0]), float(name.split("-")[1]), *_example(job, f"maps/{name}")) for name in names]
    style.save(figure04.draw(panels, job.settings.maps.field_rd), job.folder, "figure04")


def figure19(job: "Job") -> None:
    """Figure 19: V of a disc without noise, with noise, and the noise."""
    from paper_figures import style
    from paper_figures.kaur2021 import figure19

    without, noisy = (_example(job, name)[0] for name in ("disc", "noisy"))
    style.save(figure19.draw(without, noisy, job.settings.maps.field_rd), job.folder, "figure19")


def figure5(job: "Job") -> None:
    """Figure 5: predicted against true masses of discs."""
    from paper_figures.kaur2021 import figure05

    _masses(job, figure05, "figure05", "DL1", "discs")


def figure6(job: "Job") -> None:
    """Figure 6: distribution of the errors of discs."""
    from paper_figures.kaur2021 import figure06

    _masses(job, figure06, "figure06", "DL1", "discs")


def figure7(job: "Job") -> None:
    """Figure 7: cumulative distribution of the errors of discs."""
    from paper_figures.kaur2021 import figure07

    _masses(job, figure07, "figure07", "DL1", "discs")


def figure8(job: "Job") -> None:
    """Figure 8: predicted against true masses of merger remnants."""
    from paper_figures.kaur2021 import figure08

    _masses(job, figure08, "figure08", "DL2", "mergers")


def figure9(job: "Job") -> None:
    """Figure 9: distribution of the errors of merger remnants."""
    from paper_figures.kaur2021 import figure09

    _masses(job, figure09, "figure09", "DL2", "mergers")


def figure10(job: "Job") -> None:
    """Figure 10: cumulative distribution of the errors of merger remnants."""
    from paper_figures.kaur2021 import figure10

    _masses(job, figure10, "figure10", "DL2", "mergers")


def figure11(job: "Job") -> None:
    """Figure 11: predicted against true masses of discs and merger remnants."""
    from paper_figures.kaur2021 import figure11

    _masses(job, figure11, "figure11", "DL3", "both")


def figure12(job: "Job") -> None:
    """Figure 12: distribution of the errors of discs and merger remnants."""
    from paper_figures.kaur2021 import figure12

    _masses(job, figure12, "figure12", "DL3", "both")


def figure13(job: "Job") -> None:
    """Figure 13: cumulative distribution of the errors of discs and merger remnants."""
    from paper_figures.kaur2021 import figure13

    _masses(job, figure13, "figure13", "DL3", "both")


def figure14(job: "Job") -> None:
    """Figure 14: predicted against true masses of galaxies outside the ranges of training."""
    from paper_figures.kaur2021 import figure14

    _masses(job, figure14, "figure14", "unknown/DL3", "both")


def figure15(job: "Job") -> None:
    """Figure 15: distribution of the errors of galaxies outside the ranges of training."""
    from paper_figures.kaur2021 import figure15

    _masses(job, figure15, "figure15", "unknown/DL3", "both")


def figure16(job: "Job") -> None:
    """Figure 16: cumulative distribution of the errors of galaxies outside the ranges of training."""
    from paper_figures.kaur2021 import figure16

    _masses(job, figure16, "figure16", "unknown/DL3", "both")


def table2(job: "Job") -> None:
    """Table 2: data sets, networks and accuracy, split by image and by galaxy."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import table2

    train = job.settings.train
    sets = {name: {"kinds": one.kinds, "convolutions": one.convolutions} for name, one in train.sets.items()}
    table = table2.table(_metrics(job), data_manifests.load("kaur2021/published"), sets, train.splits)
    style.save_table(table, job.folder, "table2", latex=True)


def table3(job: "Job") -> None:
    """Table 3: errors of all methods, split by image and by galaxy, and what holds of the claim."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import table3
    from reproduce.papers.kaur2021 import claim
    from reproduce.workflow import comparison

    published, metrics = data_manifests.load("kaur2021/published"), _metrics(job)
    train = job.settings.train
    sets = {name: one.kinds for name, one in train.sets.items()}
    style.save_table(table3.table(metrics, published, sets, train.splits), job.folder, "table3", latex=True)
    (job.folder / "claim.txt").write_text(claim.text(metrics, sets), encoding="utf-8")
    job.metrics |= comparison.write(job.folder, metrics, published, [name for name in published if name in metrics])


def classical(job: "Job") -> None:
    """Masses without networks, split by image and by galaxy, beside the paper's networks (not in the paper)."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import classical

    metrics = read_json(job.inputs["estimators"] / "metrics.json")
    parts = [name.split(".") for name in metrics]
    kinds, methods, splits = (list(dict.fromkeys(column)) for column in list(zip(*parts, strict=True))[:3])
    table = classical.table(metrics, data_manifests.load("kaur2021/published"), kinds, methods, splits)
    style.save_table(table, job.folder, "classical")


def causes(job: "Job") -> None:
    """What the error comes from: galaxies, number of clusters, noise (not in the paper)."""
    import pandas as pd

    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import ablation

    table = pd.read_csv(job.inputs["ablation"] / "ablation.csv")
    published = data_manifests.load("kaur2021/published")
    noisy = {f"paper, DL5, {n} ch.": published[f"dl5_mae_{n}_channel"]["value"] for n in ("one", "two")}
    style.save(ablation.draw(table, noisy), job.folder, "causes")
    style.save_table(table, job.folder, "causes")


def epochs(job: "Job") -> None:
    """What fewer epochs than the paper's lose (not in the paper)."""
    import pandas as pd

    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import schedules

    table = pd.read_csv(job.inputs["schedules"] / "schedules.csv")
    chosen = job.settings.schedules
    published = data_manifests.load("kaur2021/published")[f"{chosen.data_set.lower()}_mae_{chosen.channels}"]["value"]
    floor = _metrics(job)[f"floor_{chosen.data_set.lower()}_mae_by_galaxy"]
    style.save(schedules.draw(table, published, floor), job.folder, "epochs")
    style.save_table(table, job.folder, "epochs")


def _metrics(job: "Job") -> dict[str, float]:
    found: dict[str, float] = read_json(job.inputs["evaluate"] / "metrics.json")
    return found


def _example(job: "Job", name: str) -> tuple[Any, Any]:
    """V and σ [km/s] of an example."""
    import h5py

    with h5py.File(job.inputs["examples"] / "examples.h5") as file:
        return file[name]["velocity_kms"][:], file[name]["dispersion_kms"][:]


def _masses(job: "Job", figure: ModuleType, stem: str, place: str, group: str) -> None:
    """One of Figures 5 to 16, from the predictions of a data set's networks and of those on fresh views."""
    import h5py

    from paper_figures import style
    from paper_figures.kaur2021 import masses
    from reproduce.papers.kaur2021 import labels
    from reproduce.workflow.errors import InputError

    ends = job.settings.galaxies.halo_msun
    fresh = "unknown/fresh" if place.startswith("unknown") else f"fresh/{group}"
    found: dict[tuple[str, str], masses.Answers] = {}
    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        for channels in masses.CHANNELS:
            for split, name in (
                ("image", f"{place}/{channels}/image"),
                ("galaxy", f"{place}/{channels}/galaxy"),
                ("fresh", f"{fresh}/{channels}/galaxy"),
            ):
                if name in file:
                    true, predicted = (labels.mass(file[name][one][:], ends) for one in ("true", "predicted"))
                    found[channels, split] = masses.Answers(true, predicted)
    if not found:
        raise InputError(
            f"{stem}: train.sets has no data set {place.rpartition('/')[2]}, which this figure shows; add it"
        )
    key = place.rpartition("/")[2].lower()
    metrics = _metrics(job)
    floor = next(
        metrics[name] for name in (f"floor_{key}_relative_by_galaxy", f"floor_{key}_relative") if name in metrics
    )
    style.save(figure.draw(found, ends, floor), job.folder, stem)
    style.save_table(figure.numbers(found, ends, floor), job.folder, stem)
