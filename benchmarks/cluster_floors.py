"""What perfect knowledge of single stars would say of a faint cluster, beside the network that ships.

    python -m benchmarks.cluster_floors FOLDER [--clusters 1500] [--fields 150] [--seed 1]

Clusters of the abstract's range are drawn as the stage `sets` draws them, on fields of the star-forming disc; FOLDER
keeps isochrones and fields. The network sees the image. The others are told what no image says:

* radius: which profile the cluster has, where its centre is, and the true places of its stars within the image, without
  crowding, of all stars that shine more than S/N times above sky and read noise in some band, or of all there are;
  and the same among the field's stars of this S/N, told how many there are of either, but not which is which. The
  posterior of log r_h and of the profile's shape under the prior of the drawing is exact on a grid.
* age: the mass at birth, A_V and [Fe/H], and the light of these stars in three bands, with the noise of photons, sky
  and reading and a blur (isochrones have neighbours up to 0.3 mag apart), without field stars. The posterior is that of
  a Poisson process in the space of the three fluxes, under a prior that is even in log age over the abstract's range or
  over the training's.

Answers are medians of posteriors; scatters are half of the middle 68 % of the errors [dex], of all clusters and of
thirds of the mass. Minutes of one core.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.learning.intervals import spread
from reproduce.papers.bialopetravicius2019 import fields, sets
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.networks.model import ResNet
from reproduce.papers.bialopetravicius2019.predict_command import PRETRAINED
from reproduce.sky import hst, m31
from reproduce.sky.drawn_clusters import Cluster, Maker
from reproduce.sky.settings import DrawnClusters, HstCamera, IsochroneGrid, StarFields
from reproduce.stars import coeval
from reproduce.stars.isochrones import Isochrone
from reproduce.workflow.executor import InProcess

LIMITS = (10.0, 5.0, 2.0, 0.0)
"""S/N that a star must have in some band to be known; 0: all stars, of which no image tells most."""
STEP = 0.01  # dex, of the radii
PHOTOMETRY = ((10.0, 0.15), (5.0, 0.15), (5.0, 0.3))
"""S/N of the stars whose light is known, and the blur that is added to it [mag]."""

FAR = 400.0  # square of so many standard deviations, beyond which no one looks at further bands
SMALLEST = np.float32(1e-30)  # density of stars where a profile has none

Array = NDArray[np.float64]


class Profiles:
    """Posteriors of the half-light radius given radii of stars, for one kind of profile.

    Parameters
    ----------
    radii : callable
        `coeval.eff_radii` or `coeval.king_radii`.
    shapes, weights : array, shape (s,)
        Shapes and their prior probabilities.
    half_radius_pc : (float, float)
        Of the prior, even in the logarithm.
    edge_pc : float
        Half the side of the image: stars within are known.
    """

    def __init__(
        self,
        radii: Callable[[Array, float, float], Array],
        shapes: Array,
        weights: Array,
        half_radius_pc: tuple[float, float],
        edge_pc: float,
    ) -> None:
        low, high = np.log10(half_radius_pc)
        n = round((high - low) / STEP)
        self.log_half = low + (np.arange(n) + 0.5) * (high - low) / n
        self.edges = np.arange(-4.0, np.log10(np.sqrt(2) * edge_pc) + STEP, STEP)
        middle = 10 ** ((self.edges[1:] + self.edges[:-1]) / 2)
        beyond = np.arccos(np.minimum(edge_pc / middle, 1.0)) / (np.pi / 4)  # of a circle, beyond the square's sides
        inside = np.clip(1 - beyond, 0.0, 1.0)
        share = np.concatenate([np.geomspace(1e-12, 0.5, 20_000), 1 - np.geomspace(0.5, 1e-9, 20_000)])
        found = np.empty((len(shapes), n, len(middle)))
        for place, shape in enumerate(shapes):
            log_radius = np.log10(radii(share, float(shape), 1.0))
            below = np.interp(self.edges[None, :] - self.log_half[:, None], log_radius, share, left=0.0, right=1.0)
            found[place] = np.diff(below, axis=1) * inside
        self.cluster = (found / found.sum(axis=-1, keepdims=True)).astype(np.float32)  # of a star, in bins of radii
        even = np.diff(10 ** (2 * self.edges)) * inside
        self.field = (even / even.sum()).astype(np.float32)
        self.weights = weights

    def median(self, members_pc: Array, others_pc: Array) -> float:
        """Median of the posterior of log10 of the half-light radius [pc].

        Given the radii of members and of other stars within the image, which are spread evenly; how many there are of
        either is known, but not which is which.
        """
        radius = np.maximum(np.concatenate([members_pc, others_pc]), 10 ** (self.edges[0] + STEP / 2))
        count = np.histogram(np.log10(radius), self.edges)[0]
        used = np.flatnonzero(count)
        density = len(members_pc) * self.cluster[..., used] + len(others_pc) * self.field[used]
        log_likelihood = np.log(np.maximum(density, SMALLEST)) @ count[used].astype(np.float32)
        likelihood = np.exp(log_likelihood - log_likelihood.max())
        return _median(self.weights @ likelihood, self.log_half)


def _median(weight: Array, nodes: Array) -> float:
    """Of a density that is even within a step about each of evenly spaced nodes."""
    step = nodes[1] - nodes[0]
    total = np.concatenate([[0.0], np.cumsum(weight)])
    edges = np.append(nodes - step / 2, nodes[-1] + step / 2)
    return float(np.interp(total[-1] / 2, total, edges))


def profiles(clusters: DrawnClusters, edge_pc: float) -> dict[str, Profiles]:
    """Both kinds, with the shapes that are drawn."""
    low, high = clusters.eff_gamma
    gamma = low + (np.arange(9) + 0.5) * (high - low) / 9
    w0 = np.arange(clusters.king_w0[0], clusters.king_w0[1] + 0.25, 0.5)
    rounded = np.where((w0 == w0[0]) | (w0 == w0[-1]), 0.5, 1.0)  # W₀ is uniform before it is rounded
    given = clusters.half_radius_pc, edge_pc
    return {
        "eff": Profiles(coeval.eff_radii, gamma, np.full(9, 1 / 9), *given),
        "king": Profiles(coeval.king_radii, w0, rounded / rounded.sum(), *given),
    }


def rates(one: Isochrone, maker: Maker, a_v: float) -> Array:
    """Electrons a second of each kind of star, shape (k, 3)."""
    return one.light * hst.electrons_per_light(maker.camera, maker.clusters.distance_kpc, a_v)


def errors(rate: Array, camera: HstCamera, blur_mag: float) -> Array:
    """Standard deviations of rates that photometry of lone stars measures, and a blur, shape (k, 3)."""
    blur = blur_mag * np.log(10) / 2.5 * rate
    return np.sqrt(dark_variance(camera) + rate / np.array(camera.exposure_s) + blur**2)


@cache
def dark_variance(camera: HstCamera) -> Array:
    """Variance of the rate of a star without light, by sky and reading, shape (3,)."""
    # at the depth d of S/N = 1 the noise is the light: d² = d / time + what does not depend on the star
    depth = 10 ** (-0.4 * (hst.depth(camera, 1.0) - np.array(camera.zero_point_vega)))
    return depth**2 - depth / np.array(camera.exposure_s)


def known(rate: Array, camera: HstCamera, signal_to_noise: float) -> NDArray[np.bool_]:
    """Which kinds have the signal to noise in some band, shape (k,); all with 0."""
    return np.any(rate >= signal_to_noise * errors(rate, camera, 0.0), axis=1)


def field_density(maker: Maker, tile: int) -> list[float]:
    """Stars of a field in a square parsec, of each of the `LIMITS` but the last."""
    row = maker.tiles.place[tile]
    place = m31.Place(*(float(row[name]) for name in ("radius_kpc", "azimuth_deg", "dust_a_v", "dust_behind")))
    mixture = m31.M31(maker.isochrones, maker.camera).mixture(place)
    curve = np.array(list(hst.EXTINCTION.values()))
    found = np.zeros(len(LIMITS) - 1)
    for share, a_v in ((1 - place.dust_behind, 0.0), (place.dust_behind, place.dust_a_v)):
        rate = mixture.rate * 10 ** (-0.4 * curve * (m31.FOREGROUND_A_V + a_v))
        found += [share * mixture.number_pc2[known(rate, maker.camera, limit)].sum() for limit in LIMITS[:-1]]
    return found.tolist()


@njit(cache=True)
def log_intensity(observed: Array, number: Array, rate: Array, spread: Array) -> float:
    """Sum over stars (n, 3) of ln of the density of expected stars of k kinds, (k,), at the light observed."""
    constant, sharp = np.log(number) - np.log(spread).sum(axis=1), 1 / spread
    each = np.empty(len(number))
    total = 0.0
    for i in range(len(observed)):
        for k in range(len(number)):
            square = 0.0
            for band in range(2, -1, -1):
                square += ((observed[i, band] - rate[k, band]) * sharp[k, band]) ** 2
                if square > FAR:
                    break
            each[k] = constant[k] - square / 2
        highest = each.max()
        inside = 0.0
        for k in range(len(number)):
            if each[k] > highest - 30:
                inside += np.exp(each[k] - highest)
        total += highest + np.log(inside)
    return total


def age_likelihood(
    maker: Maker,
    cluster: Cluster,
    stars: coeval.Drawn,
    signal_to_noise: float,
    blur_mag: float,
    generator: np.random.Generator,
) -> Array:
    """ln of the likelihood of each age of the isochrones, up to a constant, shape (ages,): of stars anywhere."""
    table, camera = maker.isochrones, maker.camera
    one = table.nearest(cluster.log_age, cluster.feh)
    rate = rates(one, maker, cluster.a_v)
    kind = np.repeat(np.arange(len(rate)), np.where(known(rate, camera, signal_to_noise), stars.count, 0))
    noise = errors(rate, camera, blur_mag)[kind] * generator.standard_normal((len(kind), 3))
    metal = int(np.flatnonzero(table.feh == cluster.feh)[0])
    found = np.empty(len(table.log_age))
    for age in range(len(found)):
        other = table.at(metal, age)
        light = rates(other, maker, cluster.a_v)
        seen = known(light, camera, signal_to_noise) & (other.share > 0)
        number = stars.born_msun / other.born_msun * other.share[seen]
        spread = errors(light[seen], camera, blur_mag)
        found[age] = log_intensity(rate[kind] + noise, number, light[seen], spread) - number.sum()
    return found


def age_median(log_likelihood: Array, nodes: Array, log_age: tuple[float, float]) -> float:
    """Median of the posterior of log age under an even prior, spread evenly within the isochrones' step."""
    half = (nodes[1] - nodes[0]) / 2
    prior = np.clip(np.minimum(nodes + half, log_age[1]) - np.maximum(nodes - half, log_age[0]), 0.0, None)
    allowed = prior > 0
    return _median(prior[allowed] * np.exp(log_likelihood[allowed] - log_likelihood[allowed].max()), nodes[allowed])


def report(name: str, error: Array, log_mass: Array) -> None:
    """Print the scatter of all clusters and of thirds of the mass."""
    thirds = [error[rows] for rows in np.array_split(np.argsort(log_mass), 3)]
    cells = [f"{spread(part)[1]:.3f}" for part in (error, *thirds)]
    print(f"| {name} | {' | '.join(cells)} | {spread(error)[0]:.3f} |")


def drawer(folder: Path, number: int) -> Draw:
    """Draws test clusters of the abstract's range, on fields that a folder keeps."""
    stars, camera, chosen = IsochroneGrid(), HstCamera(pixels=80), sets.Sets()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "fields.h5").is_file():
        made = StarFields(number=number, radii_kpc=chosen.disc_kpc)
        fields.make(made, stars, camera, folder, folder, folder, InProcess(), lambda fraction, text: None)
    return sets.disc_draw(Draw(folder, folder / "fields.h5", stars, DrawnClusters(), camera), chosen)


def size_medians(
    maker: Maker, profile: Profiles, cluster: Cluster, density: list[float], generator: np.random.Generator
) -> tuple[coeval.Drawn, list[float]]:
    """The cluster's stars, and medians of log r_h by those of each of the `LIMITS`, then among a field's stars."""
    one = maker.isochrones.nearest(cluster.log_age, cluster.feh)
    stars, radius, angle = maker.stars(cluster, one, generator)
    edge_pc = maker.camera.pixels / 2 / maker.pixels_per_pc
    inside = np.maximum(np.abs(radius * np.cos(angle)), np.abs(radius * np.sin(angle))) < edge_pc
    rate = rates(one, maker, cluster.a_v)
    members = [radius[inside & np.repeat(known(rate, maker.camera, limit), stars.places)] for limit in LIMITS]
    found = [profile.median(some, np.empty(0)) for some in members]
    for some, per_pc2 in zip(members, density, strict=False):
        others = generator.uniform(-edge_pc, edge_pc, (2, generator.poisson(per_pc2 * (2 * edge_pc) ** 2)))
        found.append(profile.median(some, np.hypot(*others)))
    return stars, found


def main(words: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="keeps isochrones and fields")
    parser.add_argument("--clusters", type=int, default=1_500)
    parser.add_argument("--fields", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    draw = drawer(given.folder, given.fields)
    maker = draw.maker
    shapes = profiles(draw.clusters, draw.camera.pixels / 2 / maker.pixels_per_pc)
    densities = cache(lambda tile: field_density(maker, tile))
    priors = {"3 Gyr": draw.clusters.log_age, "13 Gyr": DrawnClusters().log_age}
    nodes = maker.isochrones.log_age
    images, labels, sizes, ages = [], [], [], []
    for item in range(given.clusters):
        image, label = draw.view(np.random.default_rng([given.seed, item]))
        generator = np.random.default_rng([given.seed, item])
        cluster = maker.cluster(generator)
        stars, medians = size_medians(maker, shapes[cluster.profile], cluster, densities(int(label["tile"])), generator)
        assert label["log_mass"] == np.log10(stars.born_msun)  # the cluster of the image
        likelihoods = [age_likelihood(maker, cluster, stars, *known_by, generator) for known_by in PHOTOMETRY]
        images.append(image)
        labels.append(label)
        sizes.append(medians)
        ages.append([age_median(one, nodes, prior) for one in likelihoods for prior in priors.values()])
    true = {name: np.array([label[name] for label in labels]) for name in ("log_age", "log_half_radius", "log_mass")}
    answer = ResNet.load(PRETRAINED).predict(np.stack(images), with_domain=False).summary()[2]
    mass = true["log_mass"]
    thirds = ", ".join(f"{10**value:.0f}" for value in np.quantile(mass, [0, 1 / 3, 2 / 3, 1]))
    print(f"{given.clusters} clusters; thirds of the mass at {thirds} Msun\n")
    print("| | all | light | middle | heavy | bias |\n|---|---|---|---|---|---|")
    names = [f"S/N > {limit:g}" for limit in LIMITS[:-1]]
    for name, medians in zip(
        ["network", *names, "all stars", *(f"{name} among the field's" for name in names)],
        [answer[:, 2], *np.transpose(sizes)],
        strict=True,
    ):
        report(f"r_h: {name}", medians - true["log_half_radius"], mass)
    names = [f"S/N > {limit:g}, {blur:g} mag, prior to {end}" for limit, blur in PHOTOMETRY for end in priors]
    for name, medians in zip(["network", *names], [answer[:, 0], *np.transpose(ages)], strict=True):
        report(f"age: {name}", medians - true["log_age"], mass)


if __name__ == "__main__":
    main()
