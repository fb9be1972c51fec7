"""Figures 10 to 12 and Table 3, of the observed clusters; their files are named synthetic where the images were."""

from typing import TYPE_CHECKING

from reproduce.papers.chardin2021.drawing.captions import maps_seen, training_maps

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from reproduce.workflow.stages import Job


def figure10(job: "Job") -> None:
    """Figure 10: luminosity in the field against age, of the training maps and the observed clusters."""
    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import figure10, observed

    clusters, source = _clusters(job)
    told = job.settings.apply.networks == "observer"
    path = job.inputs["observer_sets"] / "views.h5" if told else job.inputs["dataset"] / "maps.h5"
    with h5py.File(path) as file:
        columns = ("age_gyr", "luminosity_lsun", "distance_kpc")
        training = pd.DataFrame({name: file["train"][name][()] for name in columns})
    name = observed.stem("figure10", source)
    maps = f"{len(training):,} views of the training clusters" if told else training_maps(job)
    style.save(figure10.draw(training, clusters, source, maps), job.folder, name)
    kept = clusters[["name", "age_gyr", "luminosity_lsun", "luminosity_field_lsun", "distance_kpc"]]
    style.save_table(
        pd.concat([kept.assign(kind="cluster"), training.assign(kind="training map")], ignore_index=True),
        job.folder,
        name,
    )
    ratio = (clusters["luminosity_lsun"] / clusters["luminosity_field_lsun"]).dropna()
    job.metrics |= {
        "luminosity_over_published_median": float(ratio.median()),
        "luminosity_within_a_factor_1.5": float(ratio.between(1 / 1.5, 1.5).sum()),
        "clusters": float(len(clusters)),
    }


def figure11(job: "Job") -> None:
    """Figure 11: predicted against literature M/L, age and distance."""
    from paper_figures import style
    from paper_figures.chardin2021 import figure11, observed

    clusters, source = _clusters(job)
    name = observed.stem("figure11", source)
    style.save(figure11.draw(clusters, source, _networks(job)), job.folder, name)
    style.save_table(clusters, job.folder, name)
    low = observed.faint(clusters)
    for column in ("mass_to_light", "age_gyr", "distance_kpc"):
        off = (clusters[f"predicted_{column}"] - clusters[column]).abs()
        theirs = (clusters[f"pidoc_{column}"] - clusters[column]).abs()
        job.metrics |= {
            f"{column}_mae": float(off.mean()),
            f"{column}_mae_faint": float(off[low].mean()),
            f"published.{column}_mae": float(theirs.mean()),
            f"published.{column}_mae_faint": float(theirs[low].mean()),
        }


def figure12(job: "Job") -> None:
    """Figure 12: flux and predicted mass maps of four clusters."""
    import h5py

    from paper_figures import style
    from paper_figures.chardin2021 import figure12, observed

    clusters, source = _clusters(job)
    chosen = [list(clusters["name"]).index(name) for name in figure12.choose(clusters)]
    with h5py.File(job.inputs["apply"] / "maps.h5") as file:
        flux, mass = (file[name][()][chosen] for name in ("flux", "mass"))
    field = job.settings.dataset.camera.field_arcsec
    name = observed.stem("figure12", source)
    rows = clusters.iloc[chosen]
    style.save(figure12.draw(flux, mass, rows, field, source, _networks(job)), job.folder, name)
    style.save_table(rows, job.folder, name)


def table3(job: "Job") -> None:
    """Table 3: the clusters, their literature values and the predictions, ours beside the published."""
    from paper_figures import style
    from paper_figures.chardin2021 import observed, table3

    clusters, source = _clusters(job)
    style.save_table(
        table3.table(clusters, source), job.folder, observed.stem("table3", source), table3.UNITS, latex=True
    )


def _clusters(job: "Job") -> "tuple[pd.DataFrame, str]":
    """The table of `apply`, and whose images it is of."""
    from astropy.table import Table

    path: Path = job.inputs["apply"] / "clusters.ecsv"
    table = Table.read(path)
    return table.to_pandas(), str(table.meta["source"])


def _networks(job: "Job") -> str:
    if job.settings.apply.networks == "pretrained":
        return "networks of the package"
    if job.settings.apply.networks == "pretrained_observer":
        return "the package's networks that are told distance (but where it is asked for) and [Fe/H]"
    if job.settings.apply.networks == "observer":
        train = job.settings.observer.train
        return f"networks told distance (but where it is asked for) and [Fe/H]; {train.maps * train.epochs:,} views"
    return f"networks that saw {maps_seen(job)}"
