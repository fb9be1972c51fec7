"""One snapshot as a table with units: ECSV, Parquet, or a FITS binary table."""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

import astropy.units as u
from astropy.table import QTable

from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

_KINDS = {".ecsv": "ascii.ecsv", ".parquet": "parquet", ".fits": "fits"}


def write(path: Path, snapshots: Iterable[Snapshot], provenance: Mapping[str, str | int | float]) -> list[Path]:
    """Write one snapshot; columns as `reproduce.cluster.readers.table` reads them, provenance as meta data."""
    first = list(itertools.islice(snapshots, 2))
    if len(first) != 1:
        raise InputError(f"{path}: a table holds one snapshot, found {'none' if not first else 'several'}; choose one")
    made = table(first[0])
    if path.suffix == ".fits":  # whose keywords have at most eight letters
        made.meta["comments"] = [f"{name}: {value}" for name, value in provenance.items()]
    else:
        made.meta.update(provenance)
    with whole(path) as partial:
        made.write(partial, format=_KINDS[path.suffix], overwrite=True)
    return [path]


def table(snapshot: Snapshot) -> QTable:
    """The stars of a snapshot: x, y, z, vx, vy, vz, mass, luminosity, temperature, radius, stellar_type."""
    columns = dict(zip(("x", "y", "z"), snapshot.position_pc.T * u.pc, strict=True))
    columns |= dict(zip(("vx", "vy", "vz"), snapshot.velocity_kms.T * (u.km / u.s), strict=True))
    columns |= {
        "mass": snapshot.mass_msun * u.Msun,
        "luminosity": snapshot.luminosity_lsun * u.Lsun,
        "temperature": snapshot.temperature_k * u.K,
        "radius": snapshot.radius_rsun * u.Rsun,
        "stellar_type": snapshot.stellar_type.astype("i2"),  # FITS has no signed bytes
    }
    return QTable(columns, meta={"age_gyr": snapshot.age_gyr})
