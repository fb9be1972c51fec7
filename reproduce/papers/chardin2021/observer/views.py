"""One mock observation as the networks see it: cluster, snapshot, view, noise, sky, field stars, and what is known.

All of it follows from the generator that is handed over and the item's number; no Keras.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.arrays import Arrays
from reproduce.learning.known import Known, Limits, drawn_errors
from reproduce.papers.chardin2021.observer import frame
from reproduce.papers.chardin2021.observer.frame import Scale, frame_of, limits_of
from reproduce.papers.chardin2021.observer_settings import Views
from reproduce.sky import prepared
from reproduce.sky.camera import Stars, View, log10_with_floor, noise_level, stars_of
from reproduce.sky.maps import Exposure, expose
from reproduce.sky.prepared import StarFile
from reproduce.sky.settings import Camera, Effects
from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]

SOLAR_Z = 0.02  # SSE's
LIGHT_FLOOR = 10**-8.5
"""[Lsun kpc^-2]; a tenth of the noise of the deepest images. Fainter pixels count as so bright, in training and use."""
FIELD_STARS_MAG = (14.0, 22.0)
READ_NOISE_ELECTRONS = 5.0
ATTEMPTS, PER_SNAPSHOT = 400, 40
"""Views of one item that may be refused, for too few stars or no light above the sky, and drawn again; and those after
which another snapshot is taken: a cluster that has all but dissolved may have no view."""
LABELS = ("distance_kpc", "age_gyr", "mass_msun", "luminosity_lsun", "metallicity", "fwhm_arcsec", "n_stars")


@dataclass(frozen=True)
class Cluster:
    """Snapshots of one cluster.

    Attributes
    ----------
    name : str
    path : Path
        Its prepared stars (`reproduce.sky.prepared`).
    snapshots : int
        How many it holds.
    metallicity : float
        [Fe/H]; NaN where the file, another code's, does not say.
    """

    name: str
    path: Path
    snapshots: int
    metallicity: float

    @classmethod
    def of(cls, name: str, path: Path) -> "Cluster":
        """From the file."""
        file = prepared.opened(path)
        return cls(name, path, len(file), float(np.log10(file.metallicity / SOLAR_Z)))


@dataclass(frozen=True)
class Seen:
    """One view.

    Attributes
    ----------
    flux, mass : array of float32, shape (ny, nx)
        log10 F [Lsun kpc^-2], log10 M [Msun].
    labels : dict of float
        True values, by `LABELS`, and ``cluster`` and ``snapshot``, their numbers.
    """

    flux: NDArray[np.float32]
    mass: NDArray[np.float32]
    labels: dict[str, float]


@dataclass(frozen=True)
class Draw:
    """Draws one view of an item; `reproduce.learning.stream.Stream.draw`. Pickles.

    Attributes
    ----------
    clusters : tuple of Cluster
        They take turns.
    views : Views
        Settings.
    camera : Camera
        Grid, PSF, smoothing and floors.
    altered : bool
        Whether clusters are thinned and stretched (`Views.thinning`, `Views.stretch`), as those of the training are.
    """

    clusters: tuple[Cluster, ...]
    views: Views
    camera: Camera
    altered: bool = False

    def view(self, rng: np.random.Generator, item: int) -> Seen:
        """A view of the item's cluster.

        Raises
        ------
        InputError
            If none of `ATTEMPTS` shows enough stars and more light than sky.
        """
        place = item % len(self.clusters)
        cluster = self.clusters[place]
        for attempt in range(ATTEMPTS):
            if attempt % PER_SNAPSHOT == 0:
                number = int(rng.integers(cluster.snapshots))
                stars = self._stars(prepared.opened(cluster.path), number, rng)
            view, effects = self._view(rng), self._effects(rng)
            camera = self.camera.model_copy(update={"effects": effects})
            exposure = self._exposed(stars, camera, view, rng)
            if exposure is not None:
                return self._seen(exposure, stars, view, place, number)
        raise InputError(
            f"{cluster.name}: none of {ATTEMPTS} views between {self.views.distances_kpc[0]:g} and "
            f"{self.views.distances_kpc[1]:g} kpc shows {self.views.fewest_stars} stars above the sky; ask for fewer "
            "with observer.views.fewest_stars, or leave the cluster out"
        )

    def _stars(self, file: StarFile, number: int, rng: np.random.Generator) -> Stars:
        """Those of a snapshot; if `altered` a part of them, which stand in no order of mass or place, at other
        distances from the centre."""
        if not self.altered:
            return stars_of(file, number)
        share, stretch = (
            float(np.exp(_between(np.log(limits), rng.random())))
            for limits in (self.views.thinning, self.views.stretch)
        )
        n = int(file.n_stars[number])
        kept = max(1, round(share * n))
        first = int(rng.integers(n - kept + 1))
        return stars_of(file, number, slice(first, first + kept), stretch)

    def _view(self, rng: np.random.Generator) -> View:
        low, high = np.log(self.views.distances_kpc)
        z, phi = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
        s = np.sqrt(1 - z * z)
        return View(
            distance_kpc=float(np.exp(rng.uniform(low, high))),
            fwhm_arcsec=float(rng.choice(self.views.fwhm_arcsec)),
            line_of_sight=(float(s * np.cos(phi)), float(s * np.sin(phi)), float(z)),
            quarter_turns=int(rng.integers(4)),
            shift_arcsec=tuple(rng.uniform(-self.views.shift_arcsec, self.views.shift_arcsec, 2).tolist()),
        )

    def _effects(self, rng: np.random.Generator) -> Effects:
        """Depth, sky and field stars of one image; all are drawn, so that a clean one takes as many numbers."""
        views = self.views
        clean, depth, sky, error, density = rng.random(5)
        if clean < views.clean:
            return Effects()
        stars = np.exp(_between(np.log(views.field_stars_per_arcmin2), density))
        return Effects(
            zero_point_mag=_between(views.zero_point_mag, depth),
            read_noise_electrons=READ_NOISE_ELECTRONS,
            sky_mag_arcsec2=_between(views.sky_mag_arcsec2, sky),
            sky_left=_between((-views.sky_error, views.sky_error), error),
            field_stars_per_arcmin2=float(stars),
            field_star_bright_mag=FIELD_STARS_MAG[0],
            field_star_faint_mag=FIELD_STARS_MAG[1],
        )

    def _exposed(self, stars: Stars, camera: Camera, view: View, rng: np.random.Generator) -> Exposure | None:
        """None where a field has too few stars, or its light does not stand out of the sky."""
        try:
            found = expose(stars, camera, view, generator=rng)
        except InputError:  # no star shines in the field
            return None
        return found if found.n_stars >= self.views.fewest_stars and found.flux.sum() > 0 else None

    def _seen(self, exposure: Exposure, stars: Stars, view: View, place: int, number: int) -> Seen:
        labels = {
            "distance_kpc": view.distance_kpc,
            "age_gyr": stars.age_gyr,
            "mass_msun": exposure.mass_msun,
            "luminosity_lsun": exposure.luminosity_lsun,
            "metallicity": self.clusters[place].metallicity,
            "fwhm_arcsec": view.fwhm_arcsec,
            "n_stars": float(exposure.n_stars),
            "cluster": float(place),
            "snapshot": float(number),
        }
        floor = max(LIGHT_FLOOR, noise_level(exposure.flux))  # as in `observed.fluxmap.from_light`
        flux = log10_with_floor(exposure.flux, floor)
        return Seen(flux, log10_with_floor(exposure.mass, self.camera.mass_floor), labels)

    def known(self, labels: Mapping[str, float], rng: np.random.Generator, limits: Limits) -> Known:
        """What a training view is told of its cluster."""
        errors = drawn_errors(self.views.hidden, limits, rng)
        return Known.measured(truth_of({name: np.array([value]) for name, value in labels.items()}), errors, rng)

    def described(self) -> str:
        """All that views depend on but their seeds, in words that do not depend on the place of a file."""
        clusters = [(one.name, one.snapshots, one.metallicity) for one in self.clusters]
        return f"{clusters} {self.views.model_dump_json()} {self.camera.model_dump_json()} {self.altered}"


def _between(limits: tuple[float, float] | NDArray, share: float) -> float:
    return float(limits[0] + share * (limits[1] - limits[0]))


def truth_of(labels: Mapping[str, Array]) -> Array:
    """log10 distance, [Fe/H] and log10 seeing of n views, shape (n, 3)."""
    return np.stack([np.log10(labels["distance_kpc"]), labels["metallicity"], np.log10(labels["fwhm_arcsec"])], axis=-1)


def theta_of(labels: Mapping[str, Array]) -> Array:
    """True parameters of n views, as `frame.parameters`."""
    return frame.parameters(labels["distance_kpc"], labels["age_gyr"], labels["mass_msun"], labels["luminosity_lsun"])


@dataclass(frozen=True)
class DrawArrays:
    """What networks read and are to say of an item; `reproduce.learning.stream.Stream.draw`.

    Attributes
    ----------
    draw : Draw
    scale : Scale
    members : int
        Networks of each kind, which are asked alike.
    """

    draw: Draw
    scale: Scale
    members: int

    def __call__(self, rng: np.random.Generator, item: int) -> Arrays:
        """The arrays of one item, by name."""
        limits = limits_of(self.draw.views)
        seen = self.draw.view(rng, item)
        known = self.draw.known(seen.labels, rng, limits)
        labels = {name: np.array([value]) for name, value in seen.labels.items()}
        found = arrays(seen.flux[None], seen.mass[None], labels, known, self.scale, limits)
        return {name: found[name.partition("-")[0]][0] for name in (*INPUTS, *targets(self.members))}


INPUTS = ("light", "known")


def targets(members: int) -> tuple[str, ...]:
    """Names of what is asked: ``share``, ``posterior``, ``share-2``, …"""
    return tuple(f"{name}{f'-{k + 1}' if k else ''}" for k in range(members) for name in ("share", "posterior"))


def arrays(
    flux: NDArray, mass: NDArray, labels: Mapping[str, Array], known: Known, scale: Scale, limits: Limits
) -> Arrays:
    """Inputs and targets of n views: ``light`` and ``share`` (n, ny, nx, 1), ``known`` (n, 9), ``posterior`` (n, 4)."""
    frames = frame_of(frame.log_light(flux), known, scale, limits)
    share = mass - np.log10(labels["mass_msun"])[:, None, None]
    found = {
        "light": standardised(flux, scale.light)[..., None],
        "known": known.numbers(limits),
        "share": standardised(share, scale.share)[..., None],
        "posterior": frames.coordinates(theta_of(labels)),
    }
    return {name: values.astype(np.float32) for name, values in found.items()}


def standardised(values: NDArray, by: tuple[float, float]) -> NDArray:
    """Values less their mean, in standard deviations."""
    return (values - by[0]) / by[1]
