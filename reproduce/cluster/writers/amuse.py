"""Snapshots as AMUSE particle sets (store version 2.0), which `amuse.io.read_set_from_file(path, "amuse")` reads."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import astropy.units as u
import h5py
import numpy as np

from reproduce.cluster.readers.amuse import COLUMNS
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.files import whole

# AMUSE evaluates the unit's text; SI bases are understood by all its versions.
_BASES = {u.m: "length", u.kg: "mass", u.s: "time", u.K: "thermodynamic temperature"}
_PARTICLES = b"camuse.datamodel.particles\nParticles\np0\n."  # the class by its name, as AMUSE pickles it
_DIMENSIONLESS = "no_system.get('stellar_type')"


def write(path: Path, snapshots: Iterable[Snapshot], provenance: Mapping[str, str | int | float]) -> list[Path]:
    """Write a particle set for each snapshot, with its age as time stamp and as the stars' attribute."""
    with whole(path) as partial, h5py.File(partial, "w") as f:
        f.attrs["provenance"] = json.dumps(dict(provenance), sort_keys=True)
        f.create_group("AMUSE_INF").attrs["version"] = "2.0"
        for number, snapshot in enumerate(snapshots, start=1):
            _write_set(f.create_group(f"data/{number:010d}"), snapshot)
    return [path]


def _write_set(group: h5py.Group, snapshot: Snapshot) -> None:
    n, myr = len(snapshot), _unit_text(u.Myr)
    group.attrs.update(type="particles", number_of_particles=n, timestamp=1e3 * snapshot.age_gyr, timestamp_unit=myr)
    group.attrs["class_of_the_particles"] = np.void(_PARTICLES)
    group["keys"] = np.arange(1, n + 1, dtype=np.uint64)
    attributes = group.create_group("attributes")
    axes = {"position_pc": ("x_pc", "y_pc", "z_pc"), "velocity_kms": ("vx_kms", "vy_kms", "vz_kms")}
    columns = {name: getattr(snapshot, field)[:, i] for field, names in axes.items() for i, name in enumerate(names)}
    columns |= {name: getattr(snapshot, name) for name in COLUMNS if name not in columns}
    for name, values in columns.items():
        key, unit = COLUMNS[name]
        dimensionless = unit == u.dimensionless_unscaled
        attributes[key] = values.astype(np.int32 if dimensionless else np.float64)
        attributes[key].attrs["units"] = _DIMENSIONLESS if dimensionless else _unit_text(unit)
    attributes["age"] = np.full(n, 1e3 * snapshot.age_gyr)
    attributes["age"].attrs["units"] = myr


def _unit_text(unit: u.UnitBase) -> str:
    """A unit as AMUSE writes it, a number and powers of SI bases."""
    plain = unit.decompose(bases=list(_BASES))
    powers = [
        f"(system.get('S.I.').base('{_BASES[base]}')**{power})"
        for base, power in zip(plain.bases, plain.powers, strict=True)
    ]
    return f"({' * '.join([repr(float(plain.scale)), *powers])})"
