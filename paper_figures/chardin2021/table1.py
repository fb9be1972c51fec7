"""Table 1: the simulations, how they are observed, and how many maps are made of each; ours beside the printed ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

SPLITS = ("train", "validation", "test")
UNITS = {"half_mass_radius": "pc", "distances": "kpc", "psf_fwhm": "arcsec", "field": "arcsec"}


def table(
    counts: pd.DataFrame,
    radii_pc: Mapping[str, float],
    camera: Mapping[str, Any],
    published: Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    """Table 1 as it came out.

    Parameters
    ----------
    counts : DataFrame
        One row a kind of map, counted in the data set: columns ``simulation``, ``split`` (train, validation or
        test), ``distance_kpc``, ``fwhm_arcsec``, ``maps``.
    radii_pc : mapping
        Initial half-mass radius of each simulation [pc].
    camera : mapping
        With ``field_arcsec`` and ``pixels``.
    published : sequence of mappings
        The printed rows, in the columns of the result but ``source``.

    Returns
    -------
    DataFrame
        For each simulation a row with ``source`` "ours" and, where the paper has it, one with "published".
    """
    rows = []
    for name, radius in radii_pc.items():
        seen = counts[counts["simulation"] == name]
        ours = {
            "simulation": name,
            "source": "ours",
            "half_mass_radius": radius,
            "distances": _join(seen["distance_kpc"]),
            "psf_fwhm": _join(seen["fwhm_arcsec"]),
            "field": camera["field_arcsec"],
            "pixels": camera["pixels"],
            **{f"{split}_maps": int(seen.loc[seen["split"] == split, "maps"].sum()) for split in SPLITS},
        }
        rows += [ours, *({**row, "source": "published"} for row in published if row["simulation"] == name)]
    return pd.DataFrame(rows)[list(rows[0])]


def _join(values: "pd.Series[float]") -> str:
    return "-".join(f"{value:g}" for value in sorted(values.unique()))
