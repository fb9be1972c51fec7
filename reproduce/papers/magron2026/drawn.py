"""Simulated clusters on fields of M31 as the network trains with them: each view from its generator alone.

What a process that draws needs is read once from the files of earlier stages; no Keras.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster import library
from reproduce.cluster.snapshot import SnapshotFile
from reproduce.learning.known import DEX, Known, drawn_errors
from reproduce.papers.magron2026 import pixels
from reproduce.papers.magron2026.labels import Priors, columns, components
from reproduce.papers.magron2026.settings import Ranges, Views
from reproduce.sky import hst, m31, prepared
from reproduce.sky.fields import table
from reproduce.sky.settings import HstCamera, IsochroneGrid
from reproduce.sky.tiles import Tiles
from reproduce.stars import bands
from reproduce.stars.isochrones import Isochrone, Isochrones, feh_of_metallicity
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor

Group = Literal["train", "validation", "test"]
FEWEST_STARS = 200  # after thinning: fewer are no cluster
ATTEMPTS = 1_000  # at a snapshot that is heavy enough
SOLAR_V = 4.81
"""Absolute Vega magnitude of the Sun in V (Willmer 2018, ApJS 236, 47)."""
SOLAR_V_LIGHT = np.float32(10 ** (0.4 * SOLAR_V))  # Lsun of 10^(-0.4 M)
BANDS = (*bands.HST_BANDS, "V")
RECIPE = "fryer2012"  # of the library's stars
YOUNGEST_GYR = 0.06
"""Younger snapshots keep their stars: of those that a longer life would let shine, many have left as neutron stars."""


@dataclass(frozen=True)
class Stars:
    """Stars of a snapshot, from light to heavy at birth.

    Attributes
    ----------
    hst : HstStars
    v : array of float32, shape (n,)
        Luminosity in V [Lsun].
    initial_msun : array of float32, shape (n,)
        Mass at birth [Msun], increasing.
    """

    hst: hst.HstStars
    v: NDArray[np.float32]
    initial_msun: NDArray[np.float32]

    def part(self, chosen: NDArray[np.bool_], stretch: float) -> "Stars":
        """Some of the stars, all positions multiplied by a factor."""
        one = self.hst
        part = replace(
            one,
            position_pc=one.position_pc[chosen] * np.float32(stretch),
            mass_msun=one.mass_msun[chosen],
            light=one.light[chosen],
        )
        return Stars(part, self.v[chosen], self.initial_msun[chosen])

    def dressed(self, isochrone: Isochrone) -> "Stars":
        """The same places and masses at birth with the stars of another age and [Fe/H], remnants included.

        What that leaves out: that the cluster would have evolved a little otherwise, as stars of another [Fe/H] live
        longer or shorter, and that other black holes and neutron stars would have left it.

        Parameters
        ----------
        isochrone : Isochrone
            In the bands of `hst`, then V.
        """
        edges = np.sqrt(isochrone.initial_msun[1:] * isochrone.initial_msun[:-1])
        last = np.searchsorted(self.initial_msun, edges)
        count = np.diff(last, prepend=0, append=len(self.v))
        lit = np.where(isochrone.magnitude < bands.DARK, isochrone.light, 0.0).astype(np.float32)
        light = np.repeat(lit, count, axis=0)
        dressed = replace(
            self.hst,
            mass_msun=np.repeat(isochrone.mass_msun, count),
            light=np.ascontiguousarray(light[:, :-1]),
            age_gyr=10 ** (isochrone.log_age - 9),
            feh=isochrone.feh,
        )
        return Stars(dressed, light[:, -1] * SOLAR_V_LIGHT, self.initial_msun)


@dataclass(frozen=True)
class View:
    """One mock observation, and all that is true of it.

    Attributes
    ----------
    image : array of float32, shape (3, ny, nx)
        Electrons a second.
    light : array of float32, shape (3, my, mx)
        The cluster's own light in cells [electrons/s], without noise and field.
    mass : array of float64, shape (my, mx)
        Mass in cells [Msun], not smoothed.
    labels : dict
        `labels.PARAMETERS`; ``ellipticity``, ``angle_deg``, ``a_v``, ``mass_in_field`` [Msun], ``signal_to_noise`` (of
        a matched filter in F475W), ``background`` (mean surface brightness of the field, F475W Vega mag/arcsec²),
        ``radius_kpc`` and ``tile`` of the field, ``cluster``, ``snapshot``, ``column`` and ``row`` of the centre [px],
        ``told_kpc`` and ``told_error``, the distance that a network is told and its relative error; NaN: not told.
    """

    image: NDArray[np.float32]
    light: NDArray[np.float32]
    mass: NDArray[np.float64]
    labels: dict[str, float]


@dataclass(frozen=True)
class Draw:
    """Draws views; pickles.

    Attributes
    ----------
    clusters : tuple of Path
        Files of snapshots; `prepared` before anything is drawn.
    fields : Path
        ``fields.h5``.
    views, ranges, camera
        Settings.
    cell : int
        Pixels a side of the cells of maps.
    group : str
        Set of the fields.
    outside_kpc : float
        Least distance of the fields from M31's centre [kpc].
    heavy : float, optional
        log10 of the least mass [Msun].
    priors_of : Views, optional
        Those whose ranges the network answers in, if other ones are drawn here.
    populations : (IsochroneGrid, Path), optional
        Of the isochrones in `BANDS` that snapshots are dressed with, and the folder that keeps them; without, each has
        its own stars.
    """

    clusters: tuple[Path, ...]
    fields: Path
    views: Views
    ranges: Ranges
    camera: HstCamera
    cell: int
    group: Group = "train"
    outside_kpc: float = 0.0
    heavy: float | None = None
    priors_of: Views | None = None
    populations: tuple[IsochroneGrid, Path] | None = None

    @classmethod
    def of(cls, settings: Any, inputs: Mapping[str, Path], group: Group = "train") -> Self:
        """Of the training clusters, or for the group ``test`` of the others, from settings with ``simulate``,
        ``views``, ``ranges``, ``camera``, ``populations`` and ``train.block``, and the folders of the stages."""
        held_out = library.held_out_names(settings.simulate.library)
        every = [*settings.simulate.models, *library.names(settings.simulate.library)]
        names = held_out if group == "test" else [name for name in every if name not in held_out]
        files = tuple(inputs["simulate"] / name / "snapshots.h5" for name in names)
        groups = settings.views, settings.ranges, settings.camera
        found = cls(files, inputs["fields"] / "fields.h5", *groups, settings.train.block, group)
        return found if group == "test" else replace(found, populations=(settings.populations, inputs["populations"]))

    def prepared(self, cache: Path, executor: Executor) -> Self:
        """The same, of prepared stars (`reproduce.sky.prepared`): 36 bytes for each star and snapshot."""
        files = prepared.prepare({path.parent.name: path for path in self.clusters}, cache, _columns, executor)
        return replace(self, clusters=tuple(files.values()))

    @property
    def priors(self) -> Priors:
        """Of the seven scalars."""
        return Priors.of(self.priors_of or self.views, self.ranges)

    def described(self) -> str:
        """All that views depend on but the seeds and the files, in words that depend on no place of a file."""
        groups = " ".join(group.model_dump_json() for group in (self.views, self.ranges, self.camera))
        names = ",".join(path.parent.name for path in self.clusters)
        names += "" if self.populations is None else f" {self.populations[0].model_dump_json()}"
        return f"{groups} {names} {self.cell} {self.group} {self.outside_kpc} {self.heavy}"

    def __call__(self, generator: np.random.Generator, item: int) -> dict[str, NDArray[np.float32]]:
        """What a network reads and is to say, as `arrays` names it."""
        return arrays(self.view(generator), self.camera, self.priors, self.cell)

    def view(self, generator: np.random.Generator) -> View:
        """A cluster, thinned, stretched, flattened, seen from somewhere, on a part of a field."""
        cluster, number, stars = self.stars(generator)
        chosen = self.seen_from(generator)
        scale = self.camera.pixels
        light = hst.cluster_image(stars.hst, self.camera, chosen)
        mass = hst.mass_map(stars.hst, self.camera, chosen)
        tiles = _tiles(self.fields, self.group, self.outside_kpc)
        field, tile = tiles.cutout(generator, self.group, scale)
        field *= np.float32(_log_uniform(generator, self.views.background))
        if tiles.noisy:
            image = hst.expose(light, self.camera, generator, field)
        else:
            image = hst.expose(light + field, self.camera, generator)
        e_cos, e_sin = components(np.array(chosen.ellipticity), np.array(chosen.angle_deg))
        brightness = max(float(field[1].mean()), 1e-6) / self.camera.pixel_arcsec**2
        labels = {
            "distance_kpc": chosen.distance_kpc,
            "log_age": float(np.log10(stars.hst.age_gyr) + 9),
            "feh": stars.hst.feh,
            "log_mass": float(np.log10(stars.hst.mass_msun.sum())),
            "log_luminosity": float(np.log10(stars.v.sum(dtype=np.float64))),
            "e_cos": float(e_cos),
            "e_sin": float(e_sin),
            "ellipticity": chosen.ellipticity,
            "angle_deg": chosen.angle_deg,
            "a_v": chosen.a_v,
            "mass_in_field": float(mass.sum()),
            "signal_to_noise": signal_to_noise(light, field, self.camera),
            "background": self.camera.zero_point_vega[1] - 2.5 * float(np.log10(brightness)),
            "radius_kpc": float(m31.radius_kpc(tiles.place[tile : tile + 1])[0]),
            "tile": float(tile),
            "cluster": float(cluster),
            "snapshot": float(number),
            "column": scale / 2 + chosen.shift_arcsec[0] / self.camera.pixel_arcsec,
            "row": scale / 2 + chosen.shift_arcsec[1] / self.camera.pixel_arcsec,
        }
        labels |= self._told(chosen.distance_kpc, generator)
        return View(image, pixels.cells(light, self.cell), pixels.cells(mass, self.cell), labels)

    def _told(self, distance_kpc: float, generator: np.random.Generator) -> dict[str, float]:
        errors = drawn_errors(1 - self.views.given, self.priors.limits, generator)
        known = Known.measured(np.log10([[distance_kpc]]), errors, generator)
        return {"told_kpc": 10 ** float(known.values[0, 0]), "told_error": DEX * float(known.errors[0, 0])}

    def place(self, view: View, mirrored: int = 0) -> tuple[float, float]:
        """Right ascension and declination [deg] of the field behind a view; of a synthetic one, which knows its
        distances from the disc's axes alone, also of the three places that mirror it (1 to 3)."""
        place = _tiles(self.fields, self.group, self.outside_kpc).place[int(view.labels["tile"])]
        if "ra" in place.dtype.names:
            return float(place["ra"]), float(place["dec"])
        azimuth = place["azimuth_deg"] * (-1 if mirrored & 1 else 1) + (180 if mirrored & 2 else 0)
        ra, dec = m31.coordinates(place["radius_kpc"], azimuth)
        return float(ra), float(dec)

    def stars(self, generator: np.random.Generator) -> tuple[int, int, Stars]:
        """A cluster's number, a snapshot's, and its stars, thinned and stretched.

        Raises
        ------
        InputError
            If no snapshot is heavy enough.
        """
        for _ in range(ATTEMPTS):
            cluster = int(generator.integers(len(self.clusters)))
            usable = _usable(self.clusters[cluster], self.views.least_stars)
            if usable.size == 0:
                continue
            number = int(usable[generator.integers(usable.size)])
            share = _log_uniform(generator, self.views.thinning)
            stretch = _log_uniform(generator, self.views.stretch)
            stars = self._dressed(_stars(self.clusters[cluster], number), generator)
            kept = generator.random(len(stars.v), dtype=np.float32) < share
            heavy = self.heavy is None or float(stars.hst.mass_msun[kept].sum()) >= 10**self.heavy
            if heavy and kept.sum() >= FEWEST_STARS:
                return cluster, number, stars.part(kept, stretch)
        mass = "any mass" if self.heavy is None else f"10^{self.heavy:g} Msun"
        raise InputError(
            f"clusters {', '.join(path.parent.name for path in self.clusters)}: no snapshot of "
            f"{self.views.least_stars} stars and {mass} in {ATTEMPTS} draws; lower sets.heavy or views.least_stars, or "
            "simulate larger clusters"
        )

    def _dressed(self, stars: Stars, generator: np.random.Generator) -> Stars:
        """Stars as they are, or those of another [Fe/H] and an age near theirs."""
        if self.populations is None or generator.random() >= self.views.dressed:
            return stars
        if stars.hst.age_gyr < YOUNGEST_GYR:
            return stars
        table = _isochrones(*self.populations)
        away = np.abs(table.log_age - np.log10(stars.hst.age_gyr) - 9)
        near = np.flatnonzero(away <= max(self.views.age_shift_dex, away.min()))
        return stars.dressed(table.at(int(generator.integers(len(table.feh))), int(generator.choice(near))))

    def seen_from(self, generator: np.random.Generator) -> hst.HstView:
        """Distance, shape, directions, place and extinction of a view."""
        views = self.views
        side = views.off_centre_pixels * self.camera.pixel_arcsec
        return hst.HstView(
            distance_kpc=generator.uniform(*views.distance_kpc),
            line_of_sight=_direction(generator),
            roll_deg=generator.uniform(0, 360),
            shift_arcsec=(generator.uniform(-side, side), generator.uniform(-side, side)),
            axis_ratio=generator.uniform(*views.axis_ratio),
            short_axis=_direction(generator),
            a_v=generator.uniform(*views.a_v),
        )


def arrays(view: View, camera: HstCamera, priors: Priors, cell: int) -> dict[str, NDArray[np.float32]]:
    """The arrays of one item.

    Returns
    -------
    dict
        Inputs ``image`` (ny, nx, 3, 1), ``cmds`` (bins, bins, 3, 1), ``given`` (3,); targets ``bands`` (my, mx, 3, 1),
        ``mass`` (my, mx, 1), ``scalars`` (7,): z of the parameters (`labels`).
    """
    image, diagrams = pixels.seen(view.image, camera)
    labels = {name: np.array([value]) for name, value in view.labels.items()}
    given = priors.told(labels["told_kpc"], labels["told_error"]).numbers(priors.limits)
    near = pixels.smoothed(view.mass) / priors.cell_area(labels["distance_kpc"])
    return {
        "image": image[..., None],
        "cmds": diagrams[..., None],
        "given": given[0],
        "bands": pixels.bands_target(view.light, camera, cell)[..., None],
        "mass": pixels.mass_target(near)[..., None],
        "scalars": priors.frame(given).coordinates(priors.theta(columns(labels)))[0].astype(np.float32),
    }


def signal_to_noise(light: NDArray, field: NDArray, camera: HstCamera, band: int = 1) -> float:
    """S/N of a cluster's light in a band by a matched filter: √Σ (L t)² / ((L + B + sky) t + n r²).

    Parameters
    ----------
    light, field : array, shape (3, ny, nx)
        Electrons a second of the cluster and of the field behind.
    """
    time, read = camera.exposure_s[band], camera.read_noise_electrons[band]
    behind = np.maximum(field[band], 0) + camera.sky_electrons_s[band]
    variance = (light[band] + behind) * time + camera.exposures[band] * read**2
    return float(np.sqrt(np.sum((light[band] * time) ** 2 / variance, dtype=np.float64)))


def _log_uniform(generator: np.random.Generator, ends: tuple[float, float]) -> float:
    return float(np.exp(generator.uniform(*np.log(ends))))


def _direction(generator: np.random.Generator) -> tuple[float, float, float]:
    """A direction, all alike."""
    z, phi = generator.uniform(-1, 1), generator.uniform(0, 2 * np.pi)
    s = np.sqrt(1 - z * z)
    return float(s * np.cos(phi)), float(s * np.sin(phi)), float(z)


@functools.lru_cache(maxsize=2)
def _isochrones(grid: IsochroneGrid, folder: Path) -> Isochrones:
    """The populations, read once a process."""
    return table(grid, folder, BANDS, RECIPE)


@functools.lru_cache(maxsize=64)
def _usable(path: Path, least_stars: int) -> NDArray[np.int64]:
    """Numbers of a cluster's snapshots with so many stars."""
    return np.flatnonzero(prepared.opened(path).n_stars >= least_stars)


@functools.lru_cache(maxsize=4)
def _tiles(path: Path, group: Group, outside_kpc: float) -> Tiles:
    """The fields of one set alone, read once a process.

    Raises
    ------
    InputError
        If none lies so far out.
    """
    found = Tiles.read(path)
    chosen = found.members(group)
    chosen = chosen[m31.radius_kpc(found.place[chosen]) >= outside_kpc]
    if chosen.size == 0:
        raise InputError(
            f"{path}: no field of the {group} set lies {outside_kpc:g} kpc from M31's centre or farther; raise "
            "fields.number, or lower sets.outside_kpc"
        )
    names = tuple(found.name[one] for one in chosen)
    return Tiles(found.rate[chosen], names, found.place[chosen], found.noisy, found.origin)


def read_stars(file: SnapshotFile, number: int) -> Stars:
    """Magnitudes of a snapshot's stars, of the cluster's own [Fe/H]."""
    if not np.isfinite(file.metallicity):
        raise InputError(f"{file.path}: another code's cluster, whose [Fe/H] is not in the file; simulate it here")
    every = hst.HstStars.of(file.read(number), feh_of_metallicity(file.metallicity), BANDS)
    tracks = file.tracks
    initial = tracks.mass_msun[tracks.offset[file.shells(number).star]]
    order = np.argsort(initial, kind="stable")
    own = replace(
        every,
        position_pc=every.position_pc[order],
        mass_msun=every.mass_msun[order],
        light=every.light[order, :-1],
        bands=tuple(bands.HST_BANDS),
    )
    return Stars(own, every.light[order, -1] * SOLAR_V_LIGHT, initial[order])


def _columns(file: SnapshotFile, number: int) -> dict[str, NDArray]:
    """Of a snapshot, for `reproduce.sky.prepared`."""
    stars = read_stars(file, number)
    one = stars.hst
    columns = {"position_pc": one.position_pc, "mass_msun": one.mass_msun, "light": one.light}
    return columns | {"v": stars.v, "initial_msun": stars.initial_msun}


def _stars(path: Path, number: int) -> Stars:
    """Stars of a prepared snapshot."""
    file = prepared.opened(path)
    columns = file.read(number)
    v, initial = columns.pop("v"), columns.pop("initial_msun")
    feh, age = feh_of_metallicity(file.metallicity), float(file.ages_gyr[number])
    name = f"snapshot {number} of {file.name}"
    return Stars(hst.HstStars(age_gyr=age, feh=feh, bands=tuple(bands.HST_BANDS), name=name, **columns), v, initial)
