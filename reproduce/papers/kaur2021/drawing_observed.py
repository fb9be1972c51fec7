"""Figures 17 and 18, Table 4, the masses of all observed galaxies, and how good the posteriors are.

Files are named ``..._synthetic`` where the clusters are not real, the figures say so, and their runs have the tag
``data = synthetic``.
"""

from typing import TYPE_CHECKING, Any

from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    from astropy.table import Table

    from reproduce.papers.kaur2021.sets.clusters import Seen
    from reproduce.workflow.stages import Job

GALAXY = "NGC 3115"


def posterior(job: "Job") -> None:
    """Posteriors of the networks of sets by galaxy: masses, coverage and ranks (not in the paper)."""
    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.kaur2021 import posterior as figure

    tables, galaxies = {}, {}
    with h5py.File(job.inputs["set_errors"] / "predictions.h5") as file:
        for kind in file:
            group = file[f"{kind}/sets"]
            tables[kind] = pd.DataFrame({name: group[name][:] for name in group})
            galaxies[kind] = int(tables[kind]["galaxy"].nunique())
    style.save(figure.draw(tables, galaxies), job.folder, "posterior")
    metrics = read_json(job.inputs["set_errors"] / "metrics.json")
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for name, value in metrics.items():
        kind, way, _, measure = name.split(".")
        rows.setdefault((kind, way), {"galaxies": kind, "clusters": way})[measure] = value
    style.save_table(pd.DataFrame(list(rows.values())), job.folder, "posterior")


def figure17(job: "Job") -> None:
    """Figure 17: maps of V and σ of NGC 3115, 0 km/s in cells without a cluster."""
    _maps(job, "figure17", 0.0, "no data: 0 km/s")


def figure18(job: "Job") -> None:
    """Figure 18: the same, cells without a cluster interpolated."""
    _maps(job, "figure18", "interpolate", "no data: interpolated")


def _maps(job: "Job", name: str, empty: float | str, words: str) -> None:
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.kaur2021 import observed
    from reproduce.papers.kaur2021.observed import masses

    row, seen = _galaxy(job)
    size = _disc_size_kpc(job)
    made, used = masses.maps(seen, job.settings.maps, size, empty=empty, smoothed=False)
    source, side = str(row["source"]), used.field_rd * size
    title = f"{row['galaxy']}: {int(made.count.sum())} of {len(seen)} clusters in the field; {words}"
    drawing = observed.draw_maps(made.velocity_kms[0], made.dispersion_kms[0], made.count[0], side, title, source)
    style.save(drawing, job.folder, observed.stem(name, source))
    up, across = np.indices(made.count[0].shape)
    columns = {"row": up, "column": across, "clusters": made.count[0]}
    columns |= {"velocity_kms": made.velocity_kms[0], "dispersion_kms": made.dispersion_kms[0]}
    table = pd.DataFrame({key: values.ravel() for key, values in columns.items()})
    style.save_table(table, job.folder, observed.stem(name, source))
    _tag(job, source)
    job.metrics |= {
        "clusters": float(len(seen)),
        "clusters_in_field": float(made.count.sum()),
        f"{_prefix(source)}empty_pixels": float((made.count == 0).sum()),
    }


def table4(job: "Job") -> None:
    """Table 4: the mass of NGC 3115 with four treatments of cells without clusters, and by the clusters themselves."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import observed
    from reproduce.papers.kaur2021.observed import masses
    from reproduce.papers.kaur2021.sets.levels import CorrectedModel

    row, seen = _galaxy(job)
    settings, size, ends = job.settings, _disc_size_kpc(job), job.settings.galaxies.halo_msun
    ours: dict[str, dict[str, float]] = {}
    for name, empty in masses.TREATMENTS.items():
        made, _ = masses.maps(seen, settings.maps, size, empty=empty, smoothed=True)
        ours[name] = masses.network_masses(job.inputs["train"], settings.train, settings.maps.cells, made, ends)
    found = CorrectedModel.load(job.inputs["levels"]).predict([seen])
    low, high = found.intervals_msun()
    ours["networks of sets"] = {
        "mass": float(found.median_msun()[0]),
        "low_68": float(low[0, 0]),
        "high_68": float(high[0, 0]),
    }
    ours["tracer mass inside the outermost"] = {"mass": masses.tracer(seen)}
    published = data_manifests.load("kaur2021/published")
    source = str(row["source"])
    numbers = {f"{name.lower()}_{channels}": mass for name in ours for channels, mass in ours[name].items()}
    numbers |= {"sets": ours["networks of sets"]["mass"], "domain": float(found.domain[0])}
    job.metrics |= {f"{_prefix(source)}{name}": value for name, value in numbers.items() if " " not in name}
    truth = float(row["halo_msun"]) if source == "synthetic" else None
    table = observed.table4(ours, published, published["ngc3115_literature"], truth)
    style.save_table(table, job.folder, observed.stem("table4", source), latex=True)
    _tag(job, source)


def observed_masses(job: "Job") -> None:
    """Dark masses of all observed galaxies with enough clusters, by the networks of sets (not in the paper)."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import observed
    from reproduce.papers.kaur2021.observed import masses
    from reproduce.papers.kaur2021.observed.observe import read
    from reproduce.papers.kaur2021.sets.levels import CorrectedModel

    galaxies, clusters = read(job.inputs["observe"])
    ends = job.settings.galaxies.halo_msun
    table = masses.set_masses(CorrectedModel.load(job.inputs["levels"]), galaxies, clusters, ends)
    source = str(table["source"].iloc[0])
    literature = data_manifests.load("kaur2021/literature")
    name = observed.stem("observed_masses", source)
    style.save(observed.draw_masses(table, literature, ends), job.folder, name)
    for bound, column in (
        ("value", "literature_msun"),
        ("low", "literature_low_msun"),
        ("high", "literature_high_msun"),
    ):
        known = [literature.get(one, {}).get(bound) for one in table["galaxy"]]
        table[column] = None if source == "synthetic" else known
    style.save_table(table, job.folder, name)
    _tag(job, source)
    job.metrics |= {"galaxies": float(len(table)), "outside_domain": float((table["domain"] > 1).sum())}
    if source == "synthetic":
        inside = table["halo_msun"].between(table["low_68_msun"], table["high_68_msun"])
        job.metrics["synthetic_coverage_68"] = 100 * float(inside.mean())


def _galaxy(job: "Job") -> "tuple[Table.Row, Seen]":
    """NGC 3115, or the first galaxy of a catalogue without it, and its clusters."""
    from reproduce.papers.kaur2021.observed.observe import read
    from reproduce.papers.kaur2021.observed.systems import system

    galaxies, clusters = read(job.inputs["observe"])
    names = list(galaxies["galaxy"])
    row = galaxies[names.index(GALAXY) if GALAXY in names else 0]
    return row, system(row, clusters)


def _prefix(source: str) -> str:
    """Of the numbers' names: those of a synthetic galaxy must not stand beside published ones."""
    return "synthetic_" if source == "synthetic" else "ngc3115_"


def _disc_size_kpc(job: "Job") -> float:
    """R_d of the training galaxies of 10¹² Msun, the unit of the maps' field."""
    from reproduce.galaxy.models import disc_galaxy

    return disc_galaxy(size_exponent=job.settings.galaxies.size_exponent).disc_size_kpc


def _tag(job: "Job", source: str) -> None:
    if job.run is not None:
        job.run.tags({"data": source})
