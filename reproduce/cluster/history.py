"""The history of a cluster: one row of numbers at a time, and the table of all rows."""

from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import QTable
from numpy.typing import NDArray

from reproduce.cluster.evolution import BOOKS, Cluster, Physics
from reproduce.cluster.units import PC_PER_MYR_IN_KMS
from reproduce.stars.photometry import band_luminosity
from reproduce.workflow.files import whole

LAGRANGIAN_PERCENT = (1, 5, 10, 25, 50, 75, 90)
# Groups of SSE types, first to last, that are counted.
TYPES = {
    "main_sequence": (0, 1),
    "evolved": (2, 9),
    "white_dwarf": (10, 12),
    "neutron_star": (13, 13),
    "black_hole": (14, 14),
}
_NEIGHBOURS = 6  # on each side, for the local density in the core radius


def row(cluster: Cluster, physics: Physics, n_initial: int) -> dict[str, float]:
    """All quantities of the history at the cluster's present time.

    Returns
    -------
    dict
        By column name; see `table` for the units. Energies are in Msun (km/s)².
    """
    s = cluster.all_stars()
    enclosed = np.cumsum(s.m)
    mass = float(enclosed[-1])
    radii = np.interp(np.array(LAGRANGIAN_PERCENT) / 100 * mass, enclosed, s.r)
    half = float(np.interp(0.5 * mass, enclosed, s.r))
    inside = s.r <= half
    result = {
        "time_gyr": cluster.time_myr / 1e3,
        "n_stars": float(len(s)),
        "mass_msun": mass,
        "r_half_pc": half,
        "r_core_pc": core_radius(s.r, s.m),
        "r_jacobi_pc": cluster.jacobi_pc(physics.tide),
        "mean_mass_inside_msun": float(s.m[inside].mean()),
        "mean_mass_outside_msun": float(s.m[~inside].mean()),
        "mass_to_light_v": np.nan,
        "energy_error": cluster.energy_error(),
        "bound_fraction": len(s) / n_initial,
    }
    result |= {f"r_lagrange_{p:02d}_pc": float(r) for p, r in zip(LAGRANGIAN_PERCENT, radii, strict=True)}
    if physics.tracks is not None:
        now = physics.tracks.at(s.star, cluster.time_myr)
        light = band_luminosity(now["luminosity_lsun"], now["temperature_k"], now["stellar_type"])
        result["mass_to_light_v"] = mass / float(light.sum())
        for name, (first, last) in TYPES.items():
            kind = now["stellar_type"]
            result[f"n_{name}"] = float(np.count_nonzero((kind >= first) & (kind <= last)))
    kinetic, potential = cluster.energy()
    energies = {"kinetic": kinetic, "potential": potential, **{f"booked_{k}": cluster.booked[k] for k in BOOKS}}
    result |= {f"energy_{name}": value * PC_PER_MYR_IN_KMS**2 for name, value in energies.items()}
    result |= {"saturated_share": cluster.saturated, "steps": float(cluster.step)}
    return result


def core_radius(r: NDArray[np.float64], m: NDArray[np.float64]) -> float:
    """Density-weighted core radius [pc], r_c² = Σ ρ² r² / Σ ρ² over stars (as NBODY6; after Casertano & Hut 1985).

    ρ is the mass density in the shell of the 6 neighbours on each side; the inner half of the stars is summed.
    """
    n = len(r)
    i = np.arange(n // 2)
    low, high = np.maximum(i - _NEIGHBOURS, -1), np.minimum(i + _NEIGHBOURS, n - 1)
    enclosed = np.concatenate([[0], np.cumsum(m)])
    inner = np.where(low >= 0, r[np.maximum(low, 0)], 0.0)
    weight = ((enclosed[high] - enclosed[low + 1]) / (r[high] ** 3 - inner**3)) ** 2
    return float(np.sqrt(np.sum(weight * r[i] ** 2) / np.sum(weight)))


def _unit(name: str) -> u.UnitBase | None:
    if name.startswith("energy_") and name != "energy_error":
        return u.Msun * (u.km / u.s) ** 2
    if name == "mass_to_light_v":
        return u.Msun / u.Lsun
    return {"gyr": u.Gyr, "pc": u.pc, "msun": u.Msun}.get(name.rsplit("_", 1)[-1])


def write_table(rows: list[dict[str, float]], path: Path, meta: dict[str, object]) -> None:
    """Write rows as ECSV with units, under its name only when it is complete."""
    table = QTable(meta=meta)
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        counts = name.startswith("n_") or name == "steps"
        unit = _unit(name)
        table[name] = values.astype(np.int64) if counts else values if unit is None else values * unit
    with whole(path) as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)
