"""Draw what the HST images look like: python -m benchmarks.hst_figures FOLDER [cache] [SHARED/photometry]

Stamps of drawn clusters on fields of bulge, disc and outskirts; encircled energies of the point-spread functions;
the colour-magnitude diagram of a field with isochrones.
"""

import sys
from pathlib import Path

import numpy as np

from paper_figures import hst as figures
from reproduce.sky import hst, m31, tiles
from reproduce.sky.drawn_clusters import Cluster, Maker
from reproduce.sky.hst_psf import PSFS
from reproduce.sky.settings import DrawnClusters, HstCamera
from reproduce.stars.isochrones import isochrones

CAMERA = HstCamera(pixels=80)
PLACES = {
    "bulge, 1 kpc": m31.Place(1.0, 0.0, 0.5, 0.5),
    "ring, 11 kpc": m31.Place(11.0, 0.0, 1.0, 0.5),
    "disc, 19 kpc": m31.Place(19.0, 0.0, 0.3, 0.5),
}
CLUSTERS = {
    "20 Myr, 10³ M☉": Cluster(7.3, 1e3, 1.5, 0.0, 0.5, "eff", 2.8),
    "300 Myr, 3·10³ M☉": Cluster(8.5, 3e3, 1.5, 0.0, 0.5, "eff", 2.8),
    "2 Gyr, 10⁴ M☉": Cluster(9.3, 1e4, 2.0, -0.2, 0.4, "king", 6.0),
    "12 Gyr, 10⁵ M☉": Cluster(10.08, 1e5, 3.0, -1.4, 0.3, "king", 7.0),
}


def main(folder: Path, cache: Path, photometry: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = isochrones(cache)
    fields = m31.M31(table, CAMERA)
    empty = tiles.Tiles(np.zeros((1, 3, 80, 80), np.float16), ("0",), np.zeros(1, [("a", "f8")]), False, "none")
    maker = Maker(table, empty, DrawnClusters(off_centre_pixels=0.0), CAMERA)
    rows = []
    for i, place in enumerate(PLACES.values()):
        generator = np.random.default_rng(i)
        background = fields.light(place, generator)
        lights = [maker.light(cluster, np.random.default_rng(7))[0] for cluster in CLUSTERS.values()]
        rows.append([hst.expose(background + light, CAMERA, generator) for light in [0 * lights[0], *lights]])
    figures.stamps(rows, ["field", *CLUSTERS], list(PLACES)).savefig(folder / "stamps.png")

    radius = np.geomspace(0.02, 2.0, 100)
    curves = {band: psf.encircled(radius, 0.04) for band, psf in PSFS.items()}
    points = {}
    if photometry is not None:
        from benchmarks.hst_psf import RADII, tinytim

        points = {band: (RADII, tinytim(photometry, band)) for band in PSFS}
    figures.encircled_energy(radius, curves, points).savefig(folder / "encircled_energy.png")

    modulus = 5 * np.log10(hst.M31_KPC * 100)
    generator = np.random.default_rng(1)
    mixture = fields.mixture(PLACES["ring, 11 kpc"])
    seen = CAMERA.zero_point_vega[2] - 2.5 * np.log10(np.maximum(mixture.rate[:, 2], 1e-12)) < 29
    share = mixture.number_pc2[seen] / mixture.number_pc2[seen].sum()
    rate = mixture.rate[seen][generator.choice(len(share), 100_000, p=share)]
    magnitude = np.array(CAMERA.zero_point_vega) - 2.5 * np.log10(np.maximum(rate, 1e-12))
    scatter = 0.02 * generator.standard_normal(magnitude.shape)  # so that kinds of stars do not hide behind each other
    magnitude = magnitude + scatter
    tracks = {}
    for name, log_age, feh in (("12 Gyr, −1.4", 10.1, -1.4), ("10 Gyr, 0", 10.0, 0.0), ("100 Myr, 0", 8.0, 0.0)):
        one = table.nearest(log_age, feh)
        shown = one.magnitude[:, 2] < 50
        colour = (one.magnitude[:, 1] - one.magnitude[:, 2])[shown]
        tracks[name] = colour, one.magnitude[shown, 2] + modulus
    stars = magnitude[:, 1] - magnitude[:, 2], magnitude[:, 2]
    figures.colour_magnitude(tracks, stars).savefig(folder / "colour_magnitude.png")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(given[0], given[1] if len(given) > 1 else Path("outputs/isochrones"), given[2] if len(given) > 2 else None)
