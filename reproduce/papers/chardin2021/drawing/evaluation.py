"""The simulated clusters, and Figures 3 to 9 and Tables 1 and 2: data and networks on the unseen cluster."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import data_manifests
from reproduce.papers.chardin2021.drawing.captions import maps_seen, trained
from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.workflow.stages import Job

NETWORKS = {"released": "encoder-decoder as released", "compact": "compact encoder-decoder"}
REGRESSORS = {"released": "regressor as released", "compact": "compact regressor"}


def diagnostics(job: "Job") -> None:
    """The life of each simulated cluster: mass, radii, segregation, M/L, energy and its error against time."""
    from paper_figures import diagnostics, style

    for name, history in _histories(job).items():
        style.save(
            diagnostics.draw({str(key): values for key, values in history.items()}, name),
            job.folder,
            f"diagnostics_{name}",
        )
        style.save_table(history, job.folder, f"diagnostics_{name}")
        if history["energy_error"].notna().any():  # another code's cluster has none
            job.metrics[f"{name}.largest_energy_error"] = float(history["energy_error"].abs().max())


def library(job: "Job") -> None:
    """All simulated clusters: mass, radius, M/L, core collapse and black holes against age, and in a table."""
    from paper_figures import library, style
    from reproduce.cluster.library import held_out_names

    histories, tested = _histories(job), frozenset(held_out_names(job.settings.simulate.library))
    style.save(library.draw(histories, tested), job.folder, "library")
    table = library.table(histories, tested)
    style.save_table(table, job.folder, "library", library.UNITS, latex=True)
    job.metrics["clusters"] = float(len(histories))


def _histories(job: "Job") -> "dict[str, pd.DataFrame]":
    from astropy.table import Table

    from reproduce.cluster.library import names

    simulate = job.settings.simulate
    files = {
        name: job.inputs["simulate"] / name / "history.ecsv" for name in (*simulate.models, *names(simulate.library))
    }
    return {name: Table.read(file).to_pandas() for name, file in files.items()}


def figure3(job: "Job") -> None:
    """Figure 3: MSE and R² of both networks over the epochs."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import figure03
    from reproduce.workflow import comparison

    history = pd.read_csv(job.inputs["train"] / "history.csv")
    style.save(figure03.draw(history, _both(job)), job.folder, "figure03")
    style.save_table(history, job.folder, "figure03")
    manifest = read_json(job.inputs["train"] / "manifest.json")
    names = ("validation_r2_encoder_decoder", "validation_r2_regressor")
    job.metrics |= comparison.write(job.folder, manifest["metrics"], _published(), names)


def figure4(job: "Job") -> None:
    """Figure 4: four maps of the test set: light, true and predicted mass, with ages and distances."""

    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import figure04

    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        shown = {name: values[()] for name, values in file["examples"].items()}
    texts, predicted = (
        [f"{distance:.0f} kpc, {age:.1f} Gyr" for distance, age in zip(shown[first], shown[second], strict=True)]
        for first, second in (("distance_kpc", "age_gyr"), ("distance_predicted", "age_predicted"))
    )
    drawing = figure04.draw(
        shown["flux"],
        shown["mass"],
        shown["mass_predicted"],
        field_arcsec=job.settings.dataset.camera.field_arcsec,
        texts=texts,
        predicted_texts=predicted,
    )
    style.save(drawing, job.folder, "figure04")
    labels = {name: values for name, values in shown.items() if values.ndim == 1}
    style.save_table(pd.DataFrame(labels), job.folder, "figure04")


def figure5(job: "Job") -> None:
    """Figure 5: true against predicted mass of every pixel."""
    from paper_figures import style
    from paper_figures.chardin2021 import figure05
    from reproduce.workflow import comparison

    results, metrics = _evaluation(job)
    histogram, residuals = _histogram(results, "pixel_mass")
    style.save(figure05.draw(histogram, residuals, metrics, _published(), _mass(job)), job.folder, "figure05")
    style.save_table(_numbers(pixel_mass=(histogram, residuals)), job.folder, "figure05")
    job.metrics |= comparison.write(
        job.folder, metrics, _published(), ("pixel_error_percent", "pixel_error_no_low_percent")
    )


def figure6(job: "Job") -> None:
    """Figure 6: total mass and mass-to-light ratio of every map."""
    from paper_figures import style
    from paper_figures.chardin2021 import figure06
    from reproduce.workflow import comparison

    results, metrics = _evaluation(job)
    both = {name: _histogram(results, name) for name in ("total_mass", "mass_to_light")}
    style.save(
        figure06.draw(both["total_mass"], both["mass_to_light"], metrics, _published(), _mass(job)),
        job.folder,
        "figure06",
    )
    style.save_table(_numbers(**both), job.folder, "figure06")
    job.metrics |= comparison.write(
        job.folder, metrics, _published(), ("total_mass_error_percent", "mass_to_light_error_percent")
    )


def figure7(job: "Job") -> None:
    """Figure 7: radial profiles of mass and M/L of the four maps of Figure 4."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import figure07

    profiles = pd.read_csv(job.inputs["evaluate"] / "profiles.csv")
    style.save(figure07.draw(profiles, _mass(job)), job.folder, "figure07")
    style.save_table(profiles, job.folder, "figure07")


def figure8(job: "Job") -> None:
    """Figure 8: true against predicted age of every map."""
    from paper_figures import style
    from paper_figures.chardin2021 import figure08
    from reproduce.workflow import comparison

    results, metrics = _evaluation(job)
    histogram, residuals = _histogram(results, "age")
    style.save(figure08.draw(histogram, residuals, metrics, _published(), _scalars(job)), job.folder, "figure08")
    style.save_table(_numbers(age=(histogram, residuals)), job.folder, "figure08")
    job.metrics |= comparison.write(job.folder, metrics, _published(), ("age_mae_gyr",))


def figure9(job: "Job") -> None:
    """Figure 9: distribution of the predicted distance at each true distance."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.chardin2021 import figure09
    from reproduce.workflow import comparison

    results, metrics = _evaluation(job)
    distances = pd.read_csv(results / "distances.csv")
    style.save(figure09.draw(distances, _scalars(job)), job.folder, "figure09")
    style.save_table(distances, job.folder, "figure09")
    job.metrics |= comparison.write(job.folder, metrics, _published(), _distance_names(metrics, ("mae",)))


def table1(job: "Job") -> None:
    """Table 1: the simulations and the maps made of them, counted in the files."""
    from paper_figures import style
    from paper_figures.chardin2021 import table1
    from reproduce.papers.chardin2021.dataset.mapset import count_maps

    counts = count_maps(job.inputs["dataset"] / "maps.h5")
    models = job.settings.simulate.models
    radii = {name: model.half_mass_radius_pc or math.nan for name, model in models.items()}  # nan: not made by us
    printed = data_manifests.load("chardin2021/tables")["table1"]
    table = table1.table(counts, radii, job.settings.dataset.camera.model_dump(), printed)
    style.save_table(table, job.folder, "table1", table1.UNITS, latex=True)
    ours = table[table["source"] == "ours"]
    job.metrics |= {f"maps.{split}": float(sum(ours[f"{split}_maps"])) for split in table1.SPLITS}


def table2(job: "Job") -> None:
    """Table 2: mean, scatter and mean absolute error of the predicted distances."""
    from paper_figures import style
    from paper_figures.chardin2021 import table2
    from reproduce.workflow import comparison

    _, metrics = _evaluation(job)
    table = table2.table(metrics, _published(), sorted(job.settings.dataset.test_distances_kpc))
    style.save_table(table, job.folder, "table2", latex=True)
    job.metrics |= comparison.write(job.folder, metrics, _published(), _distance_names(metrics, ("mean", "std", "mae")))


def _evaluation(job: "Job") -> tuple[Path, dict[str, float]]:
    results = job.inputs["evaluate"]
    return results, read_json(results / "metrics.json")


def _histogram(results: Path, name: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    import pandas as pd

    return pd.read_csv(results / f"histogram_{name}.csv"), pd.read_csv(results / f"residuals_{name}.csv")


def _numbers(**panels: "tuple[pd.DataFrame, pd.DataFrame]") -> "pd.DataFrame":
    """All numbers behind 2-D histograms and their residuals in one table, without the empty cells."""
    import pandas as pd

    parts = []
    for quantity, (histogram, residuals) in panels.items():
        filled = histogram[histogram["count"] > 0]
        parts += [
            filled.assign(quantity=quantity, panel="histogram"),
            residuals.assign(quantity=quantity, panel="residuals"),
        ]
    return pd.concat(parts, ignore_index=True)


def _distance_names(metrics: dict[str, float], kinds: tuple[str, ...]) -> list[str]:
    starts = tuple(f"distance_{kind}_" for kind in kinds)
    return [name for name in _published() if name.startswith(starts) and name in metrics]


def _published() -> dict[str, Any]:
    return data_manifests.load("chardin2021/published")


def _mass(job: "Job") -> str:
    """What made a mass map, in two lines under the figure's head."""
    train = job.settings.train
    network = f"{_members(train)}{NETWORKS[train.architecture]}"
    return f"{network}, {train.loss} loss{trained(job, train.epochs)}"


def _scalars(job: "Job") -> str:
    """What made an age and a distance."""
    train = job.settings.train
    kind = REGRESSORS[train.regressor_architecture]
    return f"{_members(train)}{kind}{trained(job, train.regressor_epochs)}"


def _both(job: "Job") -> str:
    train = job.settings.train
    networks = f"{NETWORKS[train.architecture]} ({train.loss} loss), {REGRESSORS[train.regressor_architecture]}"
    return f"{_members(train)}{networks}, {maps_seen(job)}"


def _members(train: Any) -> str:
    return f"ensemble of {train.members}: " if train.members > 1 else ""
