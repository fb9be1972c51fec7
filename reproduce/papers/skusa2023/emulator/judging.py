"""How near a prediction is to a library that was never learnt from, beside the noise of making that library again."""

from collections.abc import Mapping

import numpy as np

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.papers.skusa2023.budget import best as minimum
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.mocks import chi2_of, mock_galaxy
from reproduce.papers.skusa2023.emulator.target import Target

TRUE_RATIO = 5.25
"""M/L of the mock galaxies by which the shift of the best M/L is measured."""
Row = dict[str, float | str | int]


def errors(
    predicted: Mapping[str, Mapping[str, np.ndarray]], truth: Mapping[str, np.ndarray], n_tubes: int
) -> list[Row]:
    """Relative L2 errors of each method on each test library.

    Parameters
    ----------
    predicted : dict of dict
        By method, and as `components.blocks` gives them; fewer libraries than in `truth` are the first ones of it.
    truth : dict
        The test libraries' blocks.
    n_tubes : int
        Distinct tubes.

    Returns
    -------
    list of dict
        ``method``, ``library``, and for tubes and boxes each of the blocks: ``tubes_h1`` … ``boxes_cells``.
    """
    kinds = {"tubes": slice(0, n_tubes), "boxes": slice(n_tubes, None)}
    rows: list[Row] = []
    for method, parts in predicted.items():
        for k in range(len(next(iter(parts.values())))):
            row: Row = {"method": method, "library": k}
            for kind, part in kinds.items():
                for block, there in truth.items():
                    distance = np.linalg.norm(parts[block][k][part] - there[k][part])
                    row[f"{kind}_{block}"] = float(distance / np.linalg.norm(there[k][part]))
            rows.append(row)
    return rows


def shifts(galaxy: Target, predicted: Mapping[str, Libraries], test: Libraries) -> list[Row]:
    """Shift of the best M/L of a mock galaxy when its fit takes a prediction in the place of the library itself.

    Returns
    -------
    list of dict
        ``method``, ``library``, ``best`` (of the library itself), ``shift``.
    """
    rows: list[Row] = []
    ratios = np.linspace(*galaxy.emulator.mass_to_light, galaxy.emulator.ratios)

    def one(libraries: Libraries, k: int) -> OrbitLibrary:
        return libraries.library(np.eye(len(libraries))[k])

    for k in range(len(test)):
        itself = one(test, k)
        made = mock_galaxy(galaxy, itself, test.parameters[k], TRUE_RATIO, seed=1000 + k)
        own = galaxy.masses(test.parameters[k])
        best = minimum(ratios, chi2_of(galaxy, itself, ratios, own, made.kinematics))
        for name, libraries in predicted.items():
            if k < len(libraries):
                moved = minimum(ratios, chi2_of(galaxy, one(libraries, k), ratios, own, made.kinematics)) - best
                rows.append({"method": name, "library": k, "best": best, "shift": moved})
    return rows
