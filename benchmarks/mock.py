"""Speed of the mock observations: pairs of maps a second, reading of snapshots, and GalSim beside it.

    python -m benchmarks.mock [snapshots.h5 [number]]

Without a file of the simulator, a Plummer sphere of 50,000 stars stands in. Times are CPU seconds of this process, the
best of several rounds, so that other work on the machine disturbs them little.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from reproduce.cluster.snapshot import Snapshot, SnapshotFile
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky import camera as instrument
from reproduce.sky.camera import Stars, View
from reproduce.sky.maps import render
from reproduce.sky.psf import Moffat
from reproduce.sky.settings import Camera

N_STARS = 50_000
GALSIM_STARS = 2_000


def main() -> None:
    """Print a table of Markdown."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if path:
        with SnapshotFile(path) as file:
            number = int(sys.argv[2]) if len(sys.argv) > 2 else len(file) // 2
            snapshot = file.read(number)
            reading = best(lambda: file.read(number))
    else:
        snapshot, reading = plummer(N_STARS), None
    print(f"{snapshot.name}, snapshot {snapshot.number}: {len(snapshot):,} stars, {snapshot.age_gyr:.2f} Gyr\n")
    print("| what | CPU ms | a second |")
    print("|---|---|---|")
    if reading is not None:
        row("read one snapshot", reading)
    row("stars of one snapshot (photometry)", best(lambda: Stars.of(snapshot)))
    stars, settings = Stars.of(snapshot), Dataset()
    times = []
    for distance in settings.train_distances_kpc:
        for fwhm in settings.train_fwhm_arcsec:
            view = View(distance, fwhm, (1.0, 2.0, 3.0), 1, (2.0, -1.0))
            times.append(best(partial(render, stars, settings.camera, view)))
            row(f"flux + mass pair, {distance:g} kpc, {fwhm:g} arcsec", times[-1])
    row("flux + mass pair, mean of these", float(np.mean(times)))
    galsim_rows(stars)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def galsim_rows(stars: Stars) -> None:
    """The light image of some stars before smoothing, ours and GalSim's, and how they agree."""
    try:
        import galsim
    except ImportError:
        print("| GalSim is not installed (pip install '.[dev]') | | |")
        return
    camera, view, psf = Camera(), View(50.0, 1.0), Moffat(1.0)
    u, v = instrument.places(stars, camera, view)
    inside = np.flatnonzero((u > 0) & (u < camera.pixels) & (v > 0) & (v < camera.pixels) & (stars.luminosity_lsun > 0))
    chosen = inside[np.argsort(-stars.luminosity_lsun[inside], kind="stable")][:GALSIM_STARS]
    u, v, light = u[chosen], v[chosen], stars.luminosity_lsun[chosen]
    scale = camera.field_arcsec / camera.pixels

    def theirs() -> np.ndarray:
        image = galsim.ImageD(camera.pixels, camera.pixels, scale=scale)
        for x, y, flux in zip(u, v, light, strict=True):
            star = galsim.Moffat(beta=2.5, fwhm=1.0, flux=flux)
            place = galsim.PositionD(float(x) + 0.5, float(y) + 0.5)
            stamp = star.drawImage(center=place, scale=scale, dtype=float)
            shared = stamp.bounds & image.bounds
            image[shared] += stamp[shared]
        return image.array

    ours = instrument.light_image(u, v, light, camera, psf)
    difference = np.abs(ours - theirs()).max() / ours.max()
    fast, slow = best(lambda: instrument.light_image(u, v, light, camera, psf)), best(theirs, rounds=1, calls=1)
    row(f"light image of the {len(u):,} brightest stars", fast)
    row(f"the same by GalSim, star by star: {slow / fast:,.0f} times as long", slow)
    print(f"\nlargest difference from GalSim {100 * difference:.2f} % of the peak (GalSim cuts its stamps)")


def best(function: Callable[[], object], rounds: int = 5, calls: int = 10) -> float:
    """CPU seconds of one call, the best of some rounds, after one call to compile and warm."""
    function()
    found = []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(calls):
            function()
        found.append((time.process_time() - begin) / calls)
    return min(found)


def row(what: str, seconds: float) -> None:
    """Print one line of the table."""
    print(f"| {what} | {1e3 * seconds:.2f} | {1 / seconds:,.1f} |", flush=True)


def plummer(n: int) -> Snapshot:
    """A Plummer sphere with a half-mass radius of 7 pc, about that of the paper's clusters at 12 Gyr; solar stars."""
    generator = np.random.default_rng(1)
    radius = 7 / 1.305 / np.sqrt((0.99 * generator.random(n)) ** (-2 / 3) - 1)
    direction = generator.standard_normal((n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    ones = np.ones(n, np.float32)
    return Snapshot(
        age_gyr=12.0,
        position_pc=(radius[:, None] * direction).astype(np.float32),
        velocity_kms=np.zeros((n, 3), np.float32),
        mass_msun=ones,
        luminosity_lsun=ones,
        temperature_k=5772 * ones,
        radius_rsun=ones,
        stellar_type=np.ones(n, np.int8),
        name="Plummer sphere",
        number=0,
    )


if __name__ == "__main__":
    main()
