"""The card of a data set: what is in it, beside what the authors published of theirs."""

import base64
import io
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

import data_manifests
from reproduce.papers.chardin2021.dataset import schema
from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.workflow.files import whole

EXAMPLES = 16
PUBLISHED = ("log10_flux_mean", "log10_flux_std", "log10_mass_mean", "log10_mass_std")


def write(path: Path, maps_path: Path, metrics: dict[str, float]) -> None:
    """Write the card as one self-contained HTML page, the same to the byte for the same data set.

    Parameters
    ----------
    path : Path
        The page.
    maps_path : Path
        The data set.
    metrics : dict
        With the four numbers of `PUBLISHED`, the fractions of pixels at the floor and the numbers of maps.
    """
    from paper_figures.chardin2021 import data_card as figures

    tables = {group: _columns(maps_path, group) for group in schema.GROUPS}
    train = tables["train"]
    flux, mass, texts = _examples(maps_path)
    drawings = {
        "distributions": figures.distributions(tables),
        "luminosity": figures.luminosity_against_age(
            train["age_gyr"], train["log10_luminosity"], train["distance_kpc"]
        ),
        "examples": figures.examples(flux, mass, texts),
    }
    page = _template().render(
        published=_beside_published(metrics),
        metrics=metrics,
        ranges=_ranges(tables),
        drawings={name: _png(figure) for name, figure in drawings.items()},
        settings=_settings(maps_path),
    )
    with whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _columns(maps_path: Path, group: str) -> dict[str, NDArray]:
    with MapSet(maps_path, group) as maps:
        mass, luminosity = maps.column("mass_msun"), maps.column("luminosity_lsun")
        return {
            "log10_mass": np.log10(mass),
            "log10_luminosity": np.log10(luminosity),
            "mass_to_light": np.log10(mass / luminosity),
            "age_gyr": maps.column("age_gyr"),
            "distance_kpc": maps.column("distance_kpc"),
        }


def _examples(maps_path: Path) -> tuple[NDArray, NDArray, list[str]]:
    """Training maps evenly spaced in order of age."""
    with MapSet(maps_path, "train") as maps:
        order = np.argsort(maps.column("age_gyr"), kind="stable")
        places = np.linspace(0, len(order) - 1, min(EXAMPLES, len(order))).round().astype(int)
        pairs = [maps.maps(int(number)) for number in order[places]]
        names = np.array(maps.names)[maps.column("simulation")[order[places]]]
    texts = [
        f"{name}\n{pair.age_gyr:.2f} Gyr, {pair.view.distance_kpc:g} kpc, {pair.view.fwhm_arcsec:g}″"
        for name, pair in zip(names, pairs, strict=True)
    ]
    return np.stack([pair.flux for pair in pairs]), np.stack([pair.mass for pair in pairs]), texts


def _beside_published(metrics: dict[str, float]) -> list[dict[str, Any]]:
    known = {name: data_manifests.load("chardin2021/published")[name] for name in PUBLISHED}
    return [
        {"text": row["text"], "where": row["where"], "theirs": row["value"], "ours": metrics[name]}
        for name, row in known.items()
    ]


def _ranges(tables: dict[str, dict[str, NDArray]]) -> list[dict[str, Any]]:
    """Lowest, median and highest value of each quantity in each group."""
    labels = {
        "log10_mass": "log10 of the mass in the field [Msun]",
        "log10_luminosity": "log10 of the V luminosity in the field [Lsun]",
        "mass_to_light": "log10 M/L in the field [Msun/Lsun]",
        "age_gyr": "age [Gyr]",
        "distance_kpc": "distance [kpc]",
    }
    return [
        {"group": group, "text": label, "values": np.quantile(table[name], [0, 0.5, 1]).tolist()}
        for group, table in tables.items()
        for name, label in labels.items()
    ]


def _settings(maps_path: Path) -> list[tuple[str, Any]]:
    """Every setting of the data set under its dotted name."""
    with MapSet(maps_path, "train") as maps:
        tree = maps.dataset.model_dump(mode="json")
    rows: list[tuple[str, Any]] = []

    def walk(node: dict[str, Any], prefix: str) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            else:
                rows.append((f"{prefix}{key}", value))

    walk(tree, "dataset.")
    return rows


def _png(figure: Any) -> str:
    import matplotlib.pyplot as plt

    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    plt.close(figure)
    return base64.b64encode(stream.getvalue()).decode()


def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True).get_template("data_card.html")
