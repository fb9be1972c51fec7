"""Table 1: the simulations, how they are observed, and how many maps are made of each; ours beside the printed ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

SPLITS = ("train", "validation", "test")
UNITS = {
    "half_mass_radius_pc": "pc",
    "distances_kpc": "",
    "psf_fwhm_arcsec": "",
    "field_arcsec": "arcsec",
    "pixels": "pix",
}


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
        The printed rows, with the same columns as the result.

    Returns
    -------
    DataFrame
        A row for each simulation, each column followed by ``published_<column>``: empty where the paper has none.
    """
    rows = []
    for name, radius in radii_pc.items():
        seen = counts[counts["simulation"] == name]
        ours = {
            "half_mass_radius_pc": radius,
            "distances_kpc": _join(seen["distance_kpc"]),
            "psf_fwhm_arcsec": _join(seen["fwhm_arcsec"]),
            "field_arcsec": camera["field_arcsec"],
            "pixels": camera["pixels"],
            **{f"{split}_maps": int(seen.loc[seen["split"] == split, "maps"].sum()) for split in SPLITS},
        }
        printed = next((row for row in published if row["simulation"] == name), {})
        row: dict[str, Any] = {"simulation": name}
        for column, value in ours.items():
            row |= {column: value, f"published_{column}": printed.get(column)}
        rows.append(row)
    return pd.DataFrame(rows)


def _join(values: "pd.Series[float]") -> str:
    return "-".join(f"{value:g}" for value in sorted(values.unique()))
