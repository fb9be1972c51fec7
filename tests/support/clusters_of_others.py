"""Clusters as another code's user would have them, in files."""

from pathlib import Path

import astropy.units as u
from astropy.table import QTable

from tests.support.mock_clusters import plummer


def write_table(path: Path, age_gyr: float, n: int = 100, luminous: bool = True, seed: int = 1) -> Path:
    """A Plummer sphere as a table with units."""
    stars = plummer(n, seed=seed)
    columns = {axis: stars.position_pc[:, i] * u.pc for i, axis in enumerate("xyz")}
    columns |= {f"v{axis}": stars.velocity_kms[:, i] * u.km / u.s for i, axis in enumerate("xyz")}
    columns["mass"] = stars.mass_msun * u.Msun
    if luminous:
        columns |= {"luminosity": stars.luminosity_lsun * u.Lsun, "radius": stars.radius_rsun * u.Rsun}
        columns["stellar_type"] = stars.stellar_type
    QTable(columns, meta={"age_gyr": age_gyr}).write(path)
    return path
