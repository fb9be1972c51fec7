"""Images of drawn coeval clusters on fields of M31: fresh ones without end, each from its generator alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.sky import hst
from reproduce.sky.settings import DrawnClusters, HstCamera
from reproduce.sky.tiles import Tiles
from reproduce.stars import coeval
from reproduce.stars.isochrones import Isochrone, Isochrones
from reproduce.workflow.errors import InputError

OLD_YR = 8e9  # from this age on clusters have the metallicities of the halo


@dataclass(frozen=True)
class Cluster:
    """What a cluster is.

    Attributes
    ----------
    log_age : float
        log10 of the age [yr].
    mass_msun : float
        Mass at birth that is asked for [Msun]; what is drawn scatters about it.
    half_radius_pc : float
        Projected half-light radius [pc].
    feh, a_v : float
        [Fe/H], extinction in V [mag].
    profile : str
        ``eff`` or ``king``.
    shape : float
        γ of an EFF profile, W₀ of a King model.
    """

    log_age: float
    mass_msun: float
    half_radius_pc: float
    feh: float
    a_v: float
    profile: str = "eff"
    shape: float = 3.0


@dataclass(frozen=True)
class Maker:
    """Draws clusters and their images; pickles, and `draw` depends on its generator alone.

    Attributes
    ----------
    isochrones : Isochrones
        Stars, in F336W, F475W and F814W.
    tiles : Tiles
        Backgrounds.
    clusters : DrawnClusters
        What is drawn.
    camera : HstCamera
        Exposures, zero points, noise; its `pixels` must be those of `clusters`.
    """

    isochrones: Isochrones
    tiles: Tiles
    clusters: DrawnClusters
    camera: HstCamera

    def __post_init__(self) -> None:
        if self.camera.pixels != self.clusters.pixels:
            raise InputError(
                f"drawn clusters: images of {self.clusters.pixels} px, but a camera of {self.camera.pixels} px; "
                "give both the same"
            )

    def draw(
        self, generator: np.random.Generator, group: str = "train"
    ) -> tuple[NDArray[np.float32], dict[str, float]]:
        """One image and its labels.

        Parameters
        ----------
        generator : Generator
            Random numbers.
        group : str
            Set of the background tiles: ``train``, ``validation`` or ``test``.

        Returns
        -------
        image : array of float32, shape (3, pixels, pixels)
            Electrons a second in F336W, F475W and F814W, the mean sky subtracted, the galaxy not.
        labels : dict
            Those of `light`, and `tile`, the number of the background.
        """
        cluster = self.cluster(generator)
        light, labels = self.light(cluster, generator)
        if self.clusters.empty and generator.random() < self.clusters.empty:
            light, labels = np.zeros_like(light), dict.fromkeys(labels, np.nan) | {"present": 0.0}
        background, tile = self.tiles.cutout(generator, group, self.clusters.pixels)
        return self.exposed(light, background, generator), labels | {"tile": float(tile)}

    def exposed(self, light: NDArray, background: NDArray, generator: np.random.Generator) -> NDArray[np.float32]:
        """The image of a cluster's light (3, ny, nx) on a cutout of the tiles [electrons/s]."""
        if self.tiles.noisy:
            return hst.expose(light, self.camera, generator, background)
        return hst.expose(light + background, self.camera, generator)

    def cluster(self, generator: np.random.Generator) -> Cluster:
        """A cluster of the ranges; its age and [Fe/H] are those of the nearest isochrone."""
        ranges = self.clusters
        log_age = generator.uniform(*ranges.log_age)
        feh = generator.uniform(*(ranges.feh_old if 10**log_age >= OLD_YR else ranges.feh_young))
        one = self.isochrones.nearest(log_age, feh)
        profile = "eff" if generator.random() < 0.5 else "king"
        shape = generator.uniform(*(ranges.eff_gamma if profile == "eff" else ranges.king_w0))
        return Cluster(
            log_age=one.log_age,
            mass_msun=10 ** generator.uniform(*ranges.log_mass),
            half_radius_pc=float(np.exp(generator.uniform(*np.log(ranges.half_radius_pc)))),
            feh=one.feh,
            a_v=generator.uniform(*ranges.a_v),
            profile=profile,
            shape=shape if profile == "eff" else round(2 * shape) / 2,
        )

    @property
    def pixels_per_pc(self) -> float:
        """Scale of the images [px/pc]."""
        return hst.ARCSEC_PER_RADIAN / (1e3 * self.clusters.distance_kpc) / self.camera.pixel_arcsec

    def stars(
        self, cluster: Cluster, one: Isochrone, generator: np.random.Generator
    ) -> tuple[coeval.Drawn, NDArray[np.float64], NDArray[np.float32]]:
        """Stars of a cluster, of its isochrone, and of each of their places, kind after kind, the distance from the
        centre [pc] and the angle from columns to rows [rad]."""
        stars = coeval.draw(one, cluster.mass_msun, generator)
        n = int(stars.places.sum())
        share, angle = generator.random(n), generator.uniform(0, 2 * np.pi, n).astype(np.float32)
        radii = coeval.eff_radii if cluster.profile == "eff" else coeval.king_radii
        return stars, radii(share, cluster.shape, cluster.half_radius_pc), angle

    def light(self, cluster: Cluster, generator: np.random.Generator) -> tuple[NDArray[np.float32], dict[str, float]]:
        """Light of a cluster without noise and background [electrons/s], shape (3, pixels, pixels), and its labels.

        Labels: `log_age` [yr], `log_mass` (of the stars drawn, at birth) and `log_mass_now` [Msun], `log_half_radius`
        [pc], `feh`, `a_v`, `f336w f475w f814w` (apparent Vega magnitudes of all stars, extinction included), `present`.
        """
        one = self.isochrones.nearest(cluster.log_age, cluster.feh)
        stars, radius, angle = self.stars(cluster, one, generator)
        radius = radius * self.pixels_per_pc
        shift = generator.uniform(-1, 1, 2) * self.clusters.off_centre_pixels + self.camera.pixels / 2
        light = one.light * hst.electrons_per_light(self.camera, self.clusters.distance_kpc, cluster.a_v)
        flux = np.repeat((light * stars.number[:, None]).astype(np.float32), stars.places, axis=0)
        image = hst.star_image(shift[0] + radius * np.cos(angle), shift[1] + radius * np.sin(angle), flux, self.camera)
        with np.errstate(divide="ignore"):
            magnitude = np.array(self.camera.zero_point_vega) - 2.5 * np.log10(stars.count @ light)
        return image, {
            "log_age": cluster.log_age,
            "log_mass": float(np.log10(stars.born_msun)),
            "log_mass_now": float(np.log10(stars.left_msun)),
            "log_half_radius": float(np.log10(cluster.half_radius_pc)),
            "feh": cluster.feh,
            "a_v": cluster.a_v,
            "f336w": float(magnitude[0]),
            "f475w": float(magnitude[1]),
            "f814w": float(magnitude[2]),
            "present": 1.0,
        }


def pixels_of(image: NDArray, camera: HstCamera) -> NDArray[np.float32]:
    """An image (3, ny, nx) [electrons/s] as a network likes it, shape (ny, nx, 3).

    asinh of the signal over the noise of an empty pixel: linear in the noise, logarithmic in the light.
    """
    time = np.array(camera.exposure_s)
    read = np.array(camera.read_noise_electrons) ** 2 * np.array(camera.exposures)
    noise = np.sqrt(np.array(camera.sky_electrons_s) * time + read) / time
    signal = np.asarray(image, dtype=np.float32) / noise.astype(np.float32)[:, None, None]
    return np.ascontiguousarray(np.moveaxis(np.arcsinh(signal), 0, -1))
