"""The observed clusters: the paper's 17, and its selection rule applied to a catalogue (paper Sect. 5, Table 3).

A catalogue is an `astropy.table.Table` with the columns of `reproduce.archives.cluster_names.COLUMNS`, whichever
edition it comes from (`reproduce.archives.catalogues` reads them); what is missing is NaN.
"""

from astropy import units as u
from astropy.coordinates import Angle
from astropy.table import Table

import data_manifests
from reproduce.archives.cluster_names import COLUMNS, find, plain_name
from reproduce.stars.photometry import luminosity_of_magnitude
from reproduce.workflow.errors import InputError

ASSUMED_AGE_GYR = 12.0
"""Age of a cluster without a measured one (paper Sect. 5, footnote 5)."""
LUMINOSITY_LIMIT_LSUN = 1e5
DISTANCE_RANGE_KPC = (10.0, 100.0)
SOUTHERN_LIMIT_DEG = -30.0
"""The three limits of the paper's Sect. 5."""


def targets() -> Table:
    """The paper's 17 clusters with the published columns of Table 3, in its order; needs no network.

    Returns
    -------
    Table
        The columns of `COLUMNS` (Harris, 2010 edition), and ``age_gyr`` (VandenBerg et al. 2013, else 12
        Gyr) with ``age_assumed``, ``mass_to_light`` and ``mass_to_light_error`` (Baumgardt et al. 2020),
        ``luminosity_field_lsun`` (the paper's, in the field of 40 arcsec), and the paper's predictions
        ``pidoc_distance_kpc``, ``pidoc_age_gyr``, ``pidoc_mass_to_light``, ``pidoc_log10_mass_msun``.
    """
    rows = []
    for name, entry in data_manifests.load("chardin2021/clusters").items():
        table3, harris = entry["table3"], entry["harris"]
        rows.append(
            {
                "name": name,
                "other_name": "",
                "ra": Angle(harris["ra"], u.hourangle).deg,
                "dec": Angle(harris["dec"], u.deg).deg,
                "distance_kpc": table3["distance_kpc"],
                "absolute_magnitude_v": harris["absolute_magnitude_v"],
                "e_b_v": harris["e_b_v"],
                "metallicity": table3["metallicity"],
                "concentration": harris["concentration"],
                "core_collapsed": harris["core_collapsed"],
                "r_core_arcmin": table3["r_core_arcmin"],
                "r_half_arcmin": table3["r_half_arcmin"],
                "age_gyr": table3["age_gyr"] or ASSUMED_AGE_GYR,
                "age_assumed": table3["age_gyr"] is None,
                "mass_to_light": table3["mass_to_light"],
                "mass_to_light_error": table3["mass_to_light_error"],
                "luminosity_field_lsun": table3["luminosity_lsun"],
                **{f"pidoc_{key}": value for key, value in entry["pidoc"].items()},
            }
        )
    units = COLUMNS | {
        "age_gyr": "Gyr",
        "mass_to_light": "Msun/Lsun",
        "mass_to_light_error": "Msun/Lsun",
        "luminosity_field_lsun": "Lsun",
        "pidoc_distance_kpc": "kpc",
        "pidoc_age_gyr": "Gyr",
        "pidoc_mass_to_light": "Msun/Lsun",
    }
    return Table(rows, units={name: unit for name, unit in units.items() if unit})


def select(catalogue: Table) -> Table:
    """The paper's selection rule applied to a catalogue: V luminosity below 1e5 Lsun, 10 to 100 kpc, Dec above -30°.

    Parameters
    ----------
    catalogue : Table
        With the columns of `COLUMNS`.

    Returns
    -------
    Table
        One row for each cluster that the rule takes or the paper has: ``name``, ``distance_kpc``, ``luminosity_lsun``
        (of the whole cluster), ``dec``, ``in_rule``, ``in_paper`` and ``reason``: why the rule and the paper differ,
        empty where they agree. A cluster without a magnitude or a distance is not taken.
    """
    paper = {plain_name(name) for name in data_manifests.load("chardin2021/clusters")}
    luminosity = luminosity_of_magnitude(catalogue["absolute_magnitude_v"])
    rows = []
    for row, light in zip(catalogue, luminosity, strict=True):
        failed = _failed(float(row["distance_kpc"]), float(light), float(row["dec"]))
        in_paper = plain_name(row["name"]) in paper
        if failed and not in_paper:
            continue
        reason = ""
        if in_paper and failed:
            reason = f"in the paper although {' and '.join(failed)}"
        elif not in_paper:
            reason = "fulfils the rule; the paper leaves it out and gives no reason"
        rows.append((row["name"], row["distance_kpc"], light, row["dec"], not failed, in_paper, reason))
    names = ("name", "distance_kpc", "luminosity_lsun", "dec", "in_rule", "in_paper", "reason")
    types = ("U16", float, float, float, bool, bool, "U128")
    return Table(rows=rows or None, names=names, dtype=types, units={"distance_kpc": "kpc", "luminosity_lsun": "Lsun"})


def differences(catalogue: Table, targets: Table) -> list[str]:
    """Where a catalogue and the paper's Table 3 do not agree to the last digit printed, a line each."""
    lines = []
    for target in targets:
        try:
            row = catalogue[find(catalogue, target["name"])]
        except InputError as error:
            lines.append(str(error))
            continue
        for name in ("distance_kpc", "metallicity", "r_core_arcmin", "r_half_arcmin", "absolute_magnitude_v", "e_b_v"):
            ours, printed = float(row[name]), float(target[name])
            if not abs(ours - printed) < 5e-4:
                lines.append(f"{target['name']}: {name} is {ours:g} in the catalogue, {printed:g} in clusters.yaml")
    return lines


def _failed(distance_kpc: float, luminosity_lsun: float, dec_deg: float) -> list[str]:
    """The conditions of the rule that a cluster does not fulfil, in words; NaN fulfils none."""
    low, high = DISTANCE_RANGE_KPC
    failed = []
    if not luminosity_lsun < LUMINOSITY_LIMIT_LSUN:
        failed.append(f"L = {luminosity_lsun:.4g} Lsun is not below {LUMINOSITY_LIMIT_LSUN:.0e}")
    if not low <= distance_kpc <= high:
        failed.append(f"{distance_kpc:g} kpc is not in {low:g}-{high:g}")
    if not dec_deg > SOUTHERN_LIMIT_DEG:
        failed.append(f"Dec {dec_deg:.1f} is not above {SOUTHERN_LIMIT_DEG:g}")
    return failed
