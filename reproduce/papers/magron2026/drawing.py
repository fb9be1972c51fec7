"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`.

Titles say whether fields and clusters are synthetic. The clusters are our own simulations, unlike the slides'.
"""

from typing import TYPE_CHECKING, Any

from reproduce.workflow.files import read_json

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from reproduce.workflow.stages import Job

EXAMPLES = 4
GROUPS = {"all": "200 to 1,200 kpc", "m31": "at M31's distance"}


def maps(job: "Job") -> None:
    """Denoised bands and mass maps of unseen clusters beside the truth."""
    from paper_figures import style
    from paper_figures.magron2026 import maps as figure
    from reproduce.papers.magron2026 import sets

    chosen = _spread(job, EXAMPLES)
    images = sets.read(job.inputs["sets"] / sets.TEST, "m31")
    found = _maps(job, "m31")
    clusters, names = [], []
    for k in chosen:
        clusters.append({"image": images.rate[k]} | {name: values[k] for name, values in found.items()})
        labels = images.labels
        age, mass = 10 ** (labels["log_age"][k] - 9), labels["log_mass"][k]
        names.append(f"{age:.2g} Gyr, $10^{{{mass:.1f}}}\\ M_\\odot$\nS/N {labels['signal_to_noise'][k]:.0f}")
    style.save(figure.draw(clusters, names, _title(job, "unseen clusters at M31's distance")), job.folder, "maps")


def true_predicted(job: "Job") -> None:
    """Predicted against true distance, age, [Fe/H], mass, luminosity, ellipticity and angle."""
    from paper_figures import style
    from paper_figures.magron2026 import true_predicted as figure
    from reproduce.papers.magron2026.evaluation import AXIS_SEEN
    from reproduce.papers.magron2026.labels import PARAMETERS

    for way, words in (("hidden", "distance not told"), ("given", "distance told")):
        labels, answers = _answers(job, "all", way)
        found = dict(zip(PARAMETERS, answers["quantiles"][2].T, strict=True))
        found |= {name: answers[name] for name in ("ellipticity", "angle_deg")}
        title = _title(job, f"unseen clusters, {GROUPS['all']}, {words}")
        style.save(figure.draw(labels, found, title, AXIS_SEEN), job.folder, f"true_predicted_{way}")


def errors(job: "Job") -> None:
    """Errors against signal to noise, the background's brightness and distance."""
    import numpy as np

    from paper_figures import style
    from paper_figures.magron2026 import errors as figure
    from reproduce.papers.magron2026.labels import PARAMETERS

    found = {}
    for way, words in (("given", "distance told"), ("hidden", "not told")):
        labels, answers = _answers(job, "all", way)
        values = dict(zip(PARAMETERS, answers["quantiles"][2].T, strict=True))
        values |= {"ellipticity": answers["ellipticity"]}
        found[words] = {name: values[name] - labels[name] for name in figure.ROWS}
    things = {
        r"$\log_{10}$ S/N in F475W": np.log10(np.maximum(labels["signal_to_noise"], 1e-3)),
        "background, F475W [mag arcsec$^{-2}$]": labels["background"],
        "true distance [kpc]": labels["distance_kpc"],
    }
    title = _title(job, f"unseen clusters, {GROUPS['all']}")
    style.save(figure.draw(things, found, title=title), job.folder, "errors")


def strength(job: "Job") -> None:
    """Robustness against weaker and stronger backgrounds behind the same clusters."""
    import numpy as np

    from paper_figures import style
    from paper_figures.magron2026 import strength as figure
    from reproduce.papers.magron2026.labels import PARAMETERS

    factors = job.settings.sets.strengths
    found: dict[str, list[np.ndarray]] = {name: [] for name in figure.ROWS}
    strange = []
    for number in range(len(factors)):
        labels, answers = _answers(job, f"strength_{number}", "given")
        strange.append(100 * float(np.mean(answers["domain"] > 1)))
        for name, some in found.items():
            some.append(answers["quantiles"][2][:, PARAMETERS.index(name)] - labels[name])
    title = _title(job, "the same unseen clusters at M31's distance")
    style.save(figure.draw(factors, found, strange, title), job.folder, "strength")


def profiles(job: "Job") -> None:
    """Radial profiles of mass and mass over light of unseen clusters."""
    from paper_figures import style
    from paper_figures.magron2026 import profiles as figure
    from reproduce.papers.magron2026 import radial

    labels, _ = _answers(job, "m31", "given")
    found = _maps(job, "m31")
    n = min(job.settings.sets.profiles, len(labels["log_mass"]))
    cell, camera = job.settings.train.block, job.settings.camera
    every = [_profile(radial, labels, found, k, cell, camera) for k in range(n)]
    ratios = _ratios(every)
    examples, names = [], []
    for k in _spread(job, EXAMPLES):
        examples.append(_profile(radial, labels, found, k, cell, camera))
        names.append(f"{10 ** (labels['log_age'][k] - 9):.2g} Gyr, $10^{{{labels['log_mass'][k]:.1f}}}\\ M_\\odot$")
    title = _title(job, f"unseen clusters at M31's distance; below: {n} of them")
    style.save(figure.draw(radial.EDGES_PC, examples, ratios, names, title), job.folder, "profiles")


def domain(job: "Job") -> None:
    """The (mass, age) plane of training views and M31's clusters, and the share outside."""
    import numpy as np

    from paper_figures import style
    from paper_figures.magron2026 import domain as figure

    table, stem, origin = _clusters(job, "domain")
    training = np.loadtxt(job.inputs["apply"] / "domain.csv", delimiter=",", skiprows=1, ndmin=2)
    style.save(figure.draw(training, table, job.settings.observe.reach_dex, origin), job.folder, stem)


def m31(job: "Job") -> None:
    """Map of M31 with the clusters' predicted masses and ages."""
    from paper_figures import style
    from paper_figures.magron2026 import m31 as figure

    table, stem, origin = _clusters(job, "m31")
    style.save(figure.galaxy(table, origin), job.folder, stem)


def literature(job: "Job") -> None:
    """Published against the network's ages and masses of M31's clusters."""
    from paper_figures import style
    from paper_figures.magron2026 import m31 as figure

    table, stem, origin = _clusters(job, "literature")
    style.save(figure.literature(table, origin), job.folder, stem)
    style.save_table(table, job.folder, stem)


def coverage(job: "Job") -> None:
    """Coverage of the posterior's intervals on unseen clusters."""
    from paper_figures import style
    from paper_figures.magron2026 import coverage as figure
    from reproduce.papers.magron2026.labels import NAMES, PARAMETERS

    below = {}
    for group, where in GROUPS.items():
        _, answers = _answers(job, group, "given")
        named = {NAMES[name]: answers["below"][:, k] for k, name in enumerate(PARAMETERS) if k}
        below[f"{where}, distance told"] = named
    title = _title(job, "the posterior as it is on unseen clusters")
    style.save(figure.draw(below, title), job.folder, "coverage")


def network(job: "Job") -> None:
    """The one network, from its layers."""
    from paper_figures import layers, style
    from reproduce.learning.layers import layer_table
    from reproduce.papers.magron2026.networks import model
    from reproduce.papers.magron2026.networks.architecture import build

    table = layer_table(build(job.settings.camera.pixels, **model.shape_of(job.settings.train)))
    drawn = table[~table["kind"].isin(["InputLayer", "Chosen", "Folded", "Reshape"])].copy()  # images have four axes
    drawn["inputs"] = [
        " ".join(name for name in names.split() if name in set(drawn["name"])) for names in drawn["inputs"]
    ]
    style.save(layers.figure(drawn, "one network, many heads"), job.folder, "network")
    style.save_table(table, job.folder, "network")
    job.metrics["parameters"] = float(table["parameters"].sum())


def worth(job: "Job") -> None:
    """What each input and head is worth: short trainings without it."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.magron2026 import ablation as figure

    table = pd.read_csv(job.inputs["ablation"] / "ablation.csv")
    short = job.settings.ablation
    title = _title(job, f"epochs: {short.epochs}, of {short.items:,} images each; unseen clusters")
    style.save(figure.draw(table, title), job.folder, "worth")
    style.save_table(table, job.folder, "worth")


def aims(job: "Job") -> None:
    """Every aim with what came out, and the slides' numbers beside ours."""
    import data_manifests
    from paper_figures import style
    from paper_figures.magron2026 import tables
    from reproduce.workflow import comparison

    metrics = read_json(job.inputs["evaluate"] / "metrics.json") | read_json(job.inputs["apply"] / "metrics.json")
    found = tables.aims(metrics)
    style.save_table(found, job.folder, "aims")
    published = data_manifests.load("magron2026/published")
    job.metrics |= comparison.write(job.folder, metrics, published, published)
    job.metrics |= {"aims": float(len(found)), "aims_reached": float(found["reached"].sum())}


def _answers(job: "Job", group: str, way: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels of a group of test images, and what the networks say of their scalars."""
    import h5py

    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        labels = {name: values[:] for name, values in file[f"{group}/labels"].items()}
        return labels, {name: values[:] for name, values in file[f"{group}/{way}"].items()}


def _maps(job: "Job", group: str) -> dict[str, Any]:
    import h5py

    names = ("light", "light_true", "mass_map", "mass_true")
    with h5py.File(job.inputs["evaluate"] / "predictions.h5") as file:
        return {name: file[group][name][:] for name in names}


def _spread(job: "Job", number: int) -> list[int]:
    """Test images at M31's distance of the highest to a low signal to noise, by quantiles: no choice by eye."""
    import numpy as np

    labels, _ = _answers(job, "m31", "given")
    order = np.argsort(-labels["signal_to_noise"])
    return [int(order[int(share * (len(order) - 1))]) for share in np.linspace(0.05, 0.9, number)]


def _profile(
    radial: Any, labels: dict[str, Any], found: dict[str, Any], k: int, cell: int, camera: Any
) -> dict[str, "np.ndarray"]:
    """Surface density of mass and M/L of one cluster, true and predicted; its true extinction is taken off both."""
    distance, side = labels["distance_kpc"][k], found["mass_map"].shape[-1]
    radius = radial.radii_pc(side, cell, labels["column"][k], labels["row"][k], camera, distance)
    cell_pc2 = (cell * camera.pixel_arcsec / radial.ARCSEC_PER_RADIAN * distance * 1e3) ** 2
    area = radial.areas(radius, cell_pc2)
    result = {}
    for end, mass, light in (("", "mass_map", "light"), ("_true", "mass_true", "light_true")):
        rate = found[light][k, radial.BAND]
        luminosity = radial.rings(radial.luminosity(rate, camera, distance, labels["a_v"][k]), radius)
        total = radial.rings(found[mass][k], radius)
        result[f"mass{end}"], result[f"mass_to_light{end}"] = total / area, total / luminosity
    return result


def _ratios(every: list[dict[str, "np.ndarray"]]) -> dict[str, "np.ndarray"]:
    import numpy as np

    names = ("mass", "mass_to_light")
    found = {name: np.array([one[name] / one[f"{name}_true"] for one in every]) for name in names}
    return {name: np.where(np.isfinite(values) & (values > 0), values, np.nan) for name, values in found.items()}


def _clusters(job: "Job", stem: str) -> tuple["pd.DataFrame", str, str]:
    """M31's clusters, the name of a figure of them, and where they are from; synthetic ones are called so."""
    from astropy.table import Table

    table = Table.read(job.inputs["apply"] / "clusters.ecsv")
    synthetic = table.meta["source"] == "synthetic"
    origin = "SYNTHETIC catalogue" if synthetic else "PHAT clusters (Johnson et al. 2015, 2016)"
    return table.to_pandas(), f"{stem}_synthetic" if synthetic else stem, origin


def _title(job: "Job", words: str) -> str:
    source = job.settings.fields.source
    return f"{words}; {'synthetic' if source == 'synthetic' else 'PHAT’s'} fields of M31"
