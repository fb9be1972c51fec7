"""Small clusters for the tests of the mock observations, made here and not by the simulator."""

from pathlib import Path

import numpy as np

from reproduce.cluster.snapshot import Shells, Snapshot, write_snapshots
from reproduce.stars.tracks import Tracks


def plummer(n: int = 2000, half_mass_radius_pc: float = 3.0, seed: int = 1) -> Snapshot:
    """A Plummer sphere of main-sequence-like stars."""
    generator = np.random.default_rng(seed)
    mass, luminosity, radius = _stars(n, generator)
    r = _radii(n, half_mass_radius_pc, generator)
    direction = generator.standard_normal((n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    return Snapshot(
        age_gyr=10.0,
        position_pc=(r[:, None] * direction).astype(np.float32),
        velocity_kms=np.zeros((n, 3), np.float32),
        mass_msun=mass,
        luminosity_lsun=luminosity,
        temperature_k=(5772 * (luminosity / radius**2) ** 0.25).astype(np.float32),
        radius_rsun=radius,
        stellar_type=np.ones(n, np.int8),
        name="Plummer",
        number=0,
    )


def snapshot_file(path: Path, name: str, n: int = 400, snapshots: int = 5, seed: int = 1) -> Path:
    """A file of Plummer spheres that lose a tenth of their stars from one snapshot to the next."""
    generator = np.random.default_rng([seed, len(name)])
    mass, luminosity, radius = (np.repeat(values, 2) for values in _stars(n, generator))
    tracks = Tracks(
        offset=2 * np.arange(n + 1, dtype=np.int64),
        time_myr=np.tile(np.array([0, 15_000], np.float32), n),
        mass_msun=mass,
        luminosity_lsun=luminosity,
        radius_rsun=radius,
        stellar_type=np.ones(2 * n, np.int8),
    )

    def shells(number: int) -> Shells:
        star = np.arange(int(n * 0.9**number), dtype=np.uint32)
        speed = np.ones(len(star), np.float32)
        r = _radii(len(star), 3.0, generator).astype(np.float32)
        return Shells(14.0 * (number + 1) / snapshots, star, r, speed, speed)

    path.parent.mkdir(parents=True, exist_ok=True)
    write_snapshots(path, name, seed, 0.001, tracks, (shells(number) for number in range(snapshots)))
    return path


def _stars(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mass = (0.1 + 0.7 * generator.random(n) ** 3).astype(np.float32)
    return mass, (mass**4).astype(np.float32), (mass**0.8).astype(np.float32)


def _radii(n: int, half_mass_radius_pc: float, generator: np.random.Generator) -> np.ndarray:
    scale = half_mass_radius_pc / 1.305  # Plummer's half-mass radius in units of its scale
    return scale / np.sqrt((0.999 * generator.random(n)) ** (-2 / 3) - 1)
