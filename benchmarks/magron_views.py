"""Speed of views of simulated clusters on fields on one core, and of an answer.

    python -m benchmarks.magron_views [folder for caches]

Processor time, the best of several rounds, so that other programs on the machine count little. `benchmarks.hst`
compares the drawing of stars with GalSim.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.hst import best
from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.magron2026.drawn import Draw, Stars, arrays, read_stars
from reproduce.papers.magron2026.labels import Priors
from reproduce.papers.magron2026.settings import PROFILES, Ranges, Views
from reproduce.sky import hst, m31, tiles
from reproduce.sky.settings import HstCamera
from reproduce.stars.isochrones import isochrones
from reproduce.workflow.executor import InProcess
from tests.support.mock_clusters import snapshot_file

STARS = 100_000


def main(folder: Path) -> None:
    """Print the rows."""
    file, fields = folder / "B" / "snapshots.h5", folder / "fields.h5"
    if not file.is_file():
        snapshot_file(file, "B", n=STARS, snapshots=1)
    if not fields.is_file():
        maker = m31.M31(isochrones(folder), HstCamera(pixels=256), 1, (3.0, 20.0))
        tiles.collect(m31.fields(maker, 24), noisy=False, origin="synthetic M31").write(fields)
    views = Views(distance_kpc=(785.0, 785.0), thinning=(1.0, 1.0))
    ranges = Ranges(log_luminosity=(0.0, 8.0))
    draw = Draw((file,), fields, views, ranges, HstCamera(pixels=128), 4, priors_of=Views())
    draw = draw.prepared(folder, InProcess())
    with SnapshotFile(file) as opened:
        stars: Stars = read_stars(opened, 0)
    seen = [draw.seen_from(np.random.default_rng(k)) for k in range(8)]
    generator = np.random.default_rng(1)

    def image(k: int) -> np.ndarray:
        return hst.expose(hst.cluster_image(stars.hst, draw.camera, seen[k % 8]), draw.camera, generator)

    what = f"{STARS} stars at M31, {draw.camera.pixels} x {draw.camera.pixels} px, three bands"
    print(f"images of {what}: {1 / best(image, 16):.0f} a second (asked: 40)")
    seconds = best(lambda k: draw.view(np.random.default_rng([1, k])), 16)
    print(f"  as views, thinned, stretched, on fields, with labels: {1 / seconds:.0f} a second")
    seconds = best(lambda k: draw(np.random.default_rng([1, k]), k), 16)
    print(f"  as the network reads them, with CMDs: {1 / seconds:.0f} a second")
    half = replace(draw, views=Views(), priors_of=None)
    seconds = best(lambda k: half(np.random.default_rng([1, k]), k), 16)
    print(f"  the same at 200 to 1,200 kpc, 30 to 100 % of the stars: {1 / seconds:.0f} a second")
    view = draw.view(np.random.default_rng(1))
    seconds = best(lambda k: arrays(view, draw.camera, draw.priors, draw.cell), 16)
    print(f"  of this the arrays: {1e3 * seconds:.1f} ms")
    answers(view.image[None])


def answers(rate: np.ndarray) -> None:
    """Time of one image triple, from electrons a second to maps and scalars, by networks of the size of `workstation`.
    Weights are random; they do not change the cost."""
    import tensorflow as tf

    from reproduce.papers.magron2026.networks.model import Architecture, MultiPiDoc

    tf.config.threading.set_intra_op_parallelism_threads(1)
    settings = PROFILES.load("workstation")
    architecture = Architecture.of(settings.train, Priors.of(settings.views, settings.ranges), settings.camera)
    networks = MultiPiDoc(architecture, [architecture.build() for _ in range(settings.train.members)], None)
    seconds = best(lambda k: networks.predict(rate, 785.0, 25.0), 4)
    print(f"one image triple, {networks.parameters():,} parameters: {1e3 * seconds:.0f} ms (asked: 50)")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/isochrones"))
