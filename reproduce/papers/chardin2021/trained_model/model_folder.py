"""A trained model as one folder: weights, scaler, calibration, their sha256, and a model card."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

import data_manifests
from reproduce.papers.chardin2021.names import CALIBRATION, SCALER
from reproduce.papers.chardin2021.trained_model import consistency
from reproduce.workflow import comparison
from reproduce.workflow.files import read_json, whole

CARD = "README.md"
COMPARED = (
    "pixel_error_percent",
    "pixel_error_no_low_percent",
    "total_mass_error_percent",
    "mass_to_light_error_percent",
    "age_mae_gyr",
    *(f"distance_mae_{distance}_kpc" for distance in (15, 30, 60, 80)),
)


def write(
    networks: Path,
    scaler: Path,
    calibration: Path,
    settings: Any,
    metrics: Mapping[str, float],
    folder: Path,
) -> None:
    """Put together what `PiDoc.load` reads.

    Parameters
    ----------
    networks : Path
        What training wrote.
    scaler, calibration : Path
        ``scaler.json`` and ``calibration.h5``.
    settings : object
        With the groups ``simulate``, ``dataset`` and ``train``, for the card.
    metrics : mapping
        Of training and evaluation, for the card.
    folder : Path
        Receives the files, ``SHA256SUMS`` and the card, ``README.md``.
    """
    sources = {path.name: path for path in sorted(networks.iterdir()) if path.name.endswith(".weights.h5")}
    sources |= {"architecture.json": networks / "architecture.json", SCALER: scaler, CALIBRATION: calibration}
    for name, source in sources.items():
        with whole(folder / name) as partial:
            shutil.copyfile(source, partial)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    names = (*settings.dataset.train_models, *settings.dataset.test_models)
    card = environment.get_template("model_card.md").render(
        settings=settings,
        simulations={name: settings.simulate.models[name] for name in names},
        metrics=metrics,
        comparison=comparison.rows(metrics, data_manifests.load("chardin2021/published"), COMPARED),
        files=consistency.write_digests(folder, sources),
    )
    with whole(folder / CARD) as partial:
        partial.write_text(card, encoding="utf-8")


def metrics_of(folder: Path) -> dict[str, float]:
    """The metrics in a stage's manifest."""
    metrics: dict[str, float] = read_json(folder / "manifest.json")["metrics"]
    return metrics
