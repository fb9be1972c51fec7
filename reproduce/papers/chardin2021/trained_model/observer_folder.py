"""Networks that are told what is known, as one folder: weights, what they are built from, domain, model card."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from reproduce.papers.chardin2021.names import OBSERVER
from reproduce.papers.chardin2021.trained_model import consistency
from reproduce.workflow.files import whole

CARD = "README.md"
WORDS = {
    "nothing": "nothing",
    "seeing": "seeing to 5 %",
    "metallicity": "[Fe/H] to 0.2",
    "distance": "distance to 3 %",
    "distance_metallicity": "distance and [Fe/H]",
    "everything": "all three",
    "as_trained": "as in training",
}
"""What is known in each of `observer.evaluation.WAYS`."""


def write(trained: Path, calibrated: Path, settings: Any, metrics: Mapping[str, float], folder: Path) -> None:
    """Put together what `PiDoc.load` reads.

    Parameters
    ----------
    trained, calibrated : Path
        Folders of the stages `observer_train` and `observer_calibrate`.
    settings : object
        With the groups ``dataset``, ``simulate`` and ``observer``, for the card.
    metrics : mapping
        Of the fixed views and the evaluation, for the card.
    folder : Path
        Receives the files, ``SHA256SUMS`` and the card, ``README.md``.
    """
    from reproduce.papers.chardin2021.observer.domain import FILE
    from reproduce.papers.chardin2021.observer.model import WEIGHTS

    sources = {WEIGHTS: trained / WEIGHTS, OBSERVER: calibrated / OBSERVER, FILE: calibrated / FILE}
    for name, source in sources.items():
        with whole(folder / name) as partial:
            shutil.copyfile(source, partial)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    card = environment.get_template("observer_card.md").render(
        settings=settings,
        metrics=metrics,
        ways=[way for way in WORDS if f"{way}.nll" in metrics],
        words=WORDS,
        files=consistency.write_digests(folder, sources),
    )
    with whole(folder / CARD) as partial:
        partial.write_text(card, encoding="utf-8")
