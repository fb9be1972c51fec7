"""How near a prediction is to a library that was never learnt from, beside the noise of making that library again."""

from collections.abc import Mapping

import numpy as np

from reproduce.papers.skusa2023.budget import best as minimum
from reproduce.papers.skusa2023.emulator.baselines import Predictor
from reproduce.papers.skusa2023.emulator.components import Components
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.mocks import chi2_of, mock_galaxy
from reproduce.papers.skusa2023.emulator.target import Target

REPEATED = "repeated"
TRUE_RATIO = 5.25
"""M/L of the mock galaxies by which the shift of the best M/L is measured."""


def errors(
    components: Components,
    predictors: Mapping[str, Predictor],
    train: dict[str, np.ndarray],
    test: dict[str, np.ndarray],
    repeat: dict[str, np.ndarray],
    places: np.ndarray,
    n_tubes: int,
) -> list[dict[str, float | str | int]]:
    """Relative L2 errors of each method on each test library.

    Parameters
    ----------
    components, predictors
        The predictors by their methods' names.
    train, test, repeat : dict
        As `blocks` gives them.
    places : array of shape (tests, 4)
        Of the tests, in the unit box.
    n_tubes : int
        Distinct tubes.

    Returns
    -------
    list of dict
        ``method``, ``library``, and for tubes and boxes each of the blocks: ``tubes_h1`` … ``boxes_cells``. The method
        `REPEATED` is the noise of making the same library again.
    """
    rows: list[dict[str, float | str | int]] = []
    kinds = {"tubes": slice(0, n_tubes), "boxes": slice(n_tubes, None)}
    weights = {name: components.weights(predict(places)) for name, predict in predictors.items()}
    n = len(places)
    found: dict[str, list[tuple[int, str, float]]] = {name: [] for name in (*weights, REPEATED)}
    for block, truth in test.items():
        flat = train[block].reshape(len(train[block]), -1)
        predicted = {name: (w.astype(np.float32) @ flat).reshape(truth.shape) for name, w in weights.items()}
        predicted[REPEATED] = repeat[block]
        for name, values in predicted.items():
            for kind, part in kinds.items():
                for k in range(len(values)):
                    there = truth[k][part]
                    distance = float(np.linalg.norm(values[k][part] - there) / np.linalg.norm(there))
                    found[name].append((k, f"{kind}_{block}", distance))
    for name, entries in found.items():
        for k in range(n):
            values = {what: distance for number, what, distance in entries if number == k}
            if values:
                rows.append({"method": name, "library": k, **values})
    return rows


def shifts(
    galaxy: Target,
    components: Components,
    predictors: Mapping[str, Predictor],
    train: Libraries,
    test: Libraries,
    repeat: Libraries,
) -> list[dict[str, float | str | int]]:
    """Shift of the best M/L of a mock galaxy when its fit takes a prediction in the place of the library itself.

    Returns
    -------
    list of dict
        ``method``, ``library``, ``best`` (of the library itself), ``shift``.
    """
    rows: list[dict[str, float | str | int]] = []
    ratios = np.linspace(*galaxy.emulator.mass_to_light, galaxy.emulator.ratios)
    places = components.unit(test.parameters)
    weights = {name: components.weights(predict(places)) for name, predict in predictors.items()}
    for k in range(len(test)):
        itself = test.library(np.eye(len(test))[k])
        made = mock_galaxy(galaxy, itself, test.parameters[k], TRUE_RATIO, seed=1000 + k)
        own = galaxy.masses(test.parameters[k])
        best = minimum(ratios, chi2_of(galaxy, itself, ratios, own, made.kinematics))
        others = {name: train.library(w[k]) for name, w in weights.items()}
        if k < len(repeat):
            others[REPEATED] = repeat.library(np.eye(len(repeat))[k])
        for name, library in others.items():
            moved = minimum(ratios, chi2_of(galaxy, library, ratios, own, made.kinematics)) - best
            rows.append({"method": name, "library": k, "best": best, "shift": moved})
    return rows
