"""Speed of the HST images on one core, and GalSim beside them: python -m benchmarks.hst [folder for caches]

Processor time, the best of several rounds, so that other programs on the machine count little. Needs GalSim (in the
development lock) for its rows.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reproduce.papers.bialopetravicius2019.drawn import arrays
from reproduce.papers.bialopetravicius2019.labels import Priors
from reproduce.sky import drawn_clusters, hst, m31, tiles
from reproduce.sky.hst_psf import PSFS
from reproduce.sky.settings import DrawnClusters, HstCamera
from reproduce.stars import bands, coeval
from reproduce.stars.isochrones import isochrones

STARS = 100_000


def best(work: Callable[[int], object], repeat: int, rounds: int = 7) -> float:
    """Seconds of processor time of one call."""
    work(0)
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        for i in range(repeat):
            work(i)
        times.append((time.process_time() - begin) / repeat)
    return min(times)


def main(cache: Path) -> None:
    generator = np.random.default_rng(1)
    table = isochrones(cache)
    one = table.nearest(10.06, -1.0)
    temperature, gravity = 10 ** generator.uniform(3.5, 4.5, STARS), generator.uniform(0, 8, STARS)
    seconds = best(lambda i: bands.absolute_magnitudes(1.0 + 0 * gravity, temperature, gravity, -1.3), 2)
    print(f"magnitudes of {STARS} stars in three bands: {1e3 * seconds:.0f} ms")

    kind = generator.choice(len(one.share), STARS, p=one.share / one.share.sum())
    place = generator.standard_normal((STARS, 3)) * coeval.eff_radii(generator.random(STARS), 3.0, 3.0)[:, None]
    stars = hst.HstStars(
        place.astype("f4"), np.ones(STARS), one.light[kind].astype("f4"), 12.0, one.feh, one.bands, "benchmark"
    )
    camera = HstCamera()
    views = [hst.HstView(axis_ratio=q, roll_deg=30.0) for q in (1.0, 0.8, 0.6)]

    def image(i: int) -> np.ndarray:
        return hst.expose(hst.cluster_image(stars, camera, views[i % 3]), camera, generator)

    seconds = best(image, 10)
    print(f"images of {STARS} stars at M31, 160 x 160 px, three bands: {1 / seconds:.0f} a second (asked: 40)")
    galsim_rows(stars, camera)

    field = m31.M31(table, HstCamera(pixels=256))
    print(f"synthetic M31 fields of 256 x 256 px: {1 / best(field.tile, 3, 3):.0f} a second")
    small = m31.M31(table, HstCamera(pixels=160))
    made = (small.tile(i) for i in range(24))
    some = tiles.collect(
        ((f"{i}", rate, {"number": float(i)}) for i, rate in enumerate(made)), noisy=False, origin="M31"
    )
    maker = drawn_clusters.Maker(table, some, DrawnClusters(), HstCamera(pixels=80))
    seconds = best(lambda i: maker.draw(np.random.default_rng([1, 2, i])), 100)
    print(f"drawn clusters of 80 x 80 px on fields, three bands: {1 / seconds:.0f} a second (asked: 300)")
    priors = Priors.of(maker.clusters, 0.05)
    seconds = best(lambda i: arrays(*maker.draw(np.random.default_rng([1, 2, i])), maker.camera, priors), 100)
    print(f"  as the network of bialopetravicius2019 reads them: {1 / seconds:.0f} a second (asked: 300)")


def galsim_rows(stars: hst.HstStars, camera: HstCamera, number: int = 300) -> None:
    """The brightest stars by GalSim, which draws one at a time from a finely sampled image of our function."""
    import galsim

    u, v = hst.places(stars, camera, hst.HstView())
    inside = np.flatnonzero((np.abs(u - 80) < 60) & (np.abs(v - 80) < 60))
    chosen = inside[np.argsort(-stars.light[inside, 2])[:number]]
    ours = hst.star_image(u[chosen], v[chosen], stars.light[chosen], camera)[2]
    fine, side = 0.0125, 512
    frequency = np.fft.fftfreq(side, fine)
    values = np.fft.fftshift(np.fft.ifft2(PSFS["F814W"].transfer(frequency[None, :], frequency[:, None])).real)
    star = galsim.InterpolatedImage(
        galsim.ImageD(values, scale=fine), x_interpolant="lanczos5", flux=1.0, use_true_center=False
    )
    theirs = galsim.ImageD(camera.pixels, camera.pixels, scale=camera.pixel_arcsec)
    begin = time.process_time()
    for x, y, flux in zip(u[chosen], v[chosen], stars.light[chosen, 2], strict=True):
        one = (star * float(flux)).shift(camera.pixel_arcsec * (x - 80), camera.pixel_arcsec * (y - 80))
        one.drawImage(theirs, add_to_image=True, method="auto")
    seconds = time.process_time() - begin
    off = np.abs(ours - theirs.array).max() / theirs.array.max()
    print(
        f"GalSim: {number / seconds:.0f} stars a second in one band; largest difference {100 * off:.2f} % of the peak"
    )
    seconds = best(lambda i: hst.star_image(u, v, stars.light, camera), 3)
    print(f"  ours: {STARS / seconds:.0f} stars a second in three bands, all at once")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/isochrones"))
