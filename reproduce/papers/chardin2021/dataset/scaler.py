"""Standardisation of maps, ages and distances by the training set's means and standard deviations."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_record, whole

MEND = "make the data set again"


@dataclass(frozen=True)
class Scaler:
    """Means and standard deviations of the training set (paper Sect. 3.2).

    Attributes
    ----------
    flux_mean, flux_std : float
        Of log10(F / (Lsun kpc^-2)), over all pixels of all training maps.
    mass_mean, mass_std : float
        Of log10(M / Msun), over all pixels of all training maps.
    age_mean, age_std : float
        Of the ages [Gyr].
    distance_mean, distance_std : float
        Of the distances [kpc].
    mode : {"separate", "joint"}
        ``separate``: age and distance by their own two numbers (the paper's text). ``joint``: one pair over both
        together, as in the authors' released scaler (mean 29.629, std 32.402): age and distance have equal numbers.
    """

    flux_mean: float
    flux_std: float
    mass_mean: float
    mass_std: float
    age_mean: float
    age_std: float
    distance_mean: float
    distance_std: float
    mode: Literal["separate", "joint"] = "separate"

    def __post_init__(self) -> None:
        if self.mode not in ("separate", "joint"):
            raise InputError(f"scaler: mode is '{self.mode}', expected 'separate' or 'joint'; {MEND}")
        for field in fields(self)[:-1]:
            value = getattr(self, field.name)
            if not isinstance(value, int | float) or not np.isfinite(value):
                raise InputError(f"scaler: {field.name} is {value!r}, expected a finite number; {MEND}")
            if field.name.endswith("_std") and value <= 0:
                raise InputError(
                    f"scaler: {field.name} is {value}, expected more than 0 (values that are all equal cannot be "
                    "standardised); use more snapshots or distances"
                )

    @classmethod
    def from_training(
        cls,
        flux: tuple[float, float],
        mass: tuple[float, float],
        age_gyr: NDArray,
        distance_kpc: NDArray,
        mode: Literal["separate", "joint"],
    ) -> Self:
        """Scaler of a training set.

        Parameters
        ----------
        flux, mass : tuple of float
            Mean and standard deviation over all pixels of log10 F and log10 M.
        age_gyr, distance_kpc : array, shape (n,)
            Of the training maps.
        mode : {"separate", "joint"}
            Whether age and distance are standardised apart or together.
        """
        age = distance = np.concatenate([age_gyr, distance_kpc]).astype(np.float64)
        if mode == "separate":
            age, distance = np.asarray(age_gyr, np.float64), np.asarray(distance_kpc, np.float64)
        return cls(
            *flux,
            *mass,
            age_mean=float(age.mean()),
            age_std=float(age.std()),
            distance_mean=float(distance.mean()),
            distance_std=float(distance.std()),
            mode=mode,
        )

    def standardise_flux(self, flux: ArrayLike) -> NDArray:
        """log10 F to zero mean and unit variance; any shape, float32 stays float32."""
        return (np.asarray(flux) - self.flux_mean) / self.flux_std

    def light(self, flux: ArrayLike) -> NDArray[np.float32]:
        """What the networks are shown of maps (n, ny, nx) of log10 F: standardised, shape (n, ny, nx, 1)."""
        return self.standardise_flux(flux).astype(np.float32)[..., None]

    def standardise_mass(self, mass: ArrayLike) -> NDArray:
        """log10 M to zero mean and unit variance; any shape, float32 stays float32."""
        return (np.asarray(mass) - self.mass_mean) / self.mass_std

    def mass(self, standardised: ArrayLike) -> NDArray:
        """log10(M / Msun) from standardised values: the inverse of `standardise_mass`."""
        return np.asarray(standardised) * self.mass_std + self.mass_mean

    def standardise_age(self, age_gyr: ArrayLike) -> NDArray:
        """Ages [Gyr] to zero mean and unit variance."""
        return (np.asarray(age_gyr) - self.age_mean) / self.age_std

    def standardise_distance(self, distance_kpc: ArrayLike) -> NDArray:
        """Distances [kpc] to zero mean and unit variance."""
        return (np.asarray(distance_kpc) - self.distance_mean) / self.distance_std

    def age_gyr(self, standardised: ArrayLike) -> NDArray:
        """Ages [Gyr] from standardised values."""
        return np.asarray(standardised) * self.age_std + self.age_mean

    def distance_kpc(self, standardised: ArrayLike) -> NDArray:
        """Distances [kpc] from standardised values."""
        return np.asarray(standardised) * self.distance_std + self.distance_mean

    def to_json(self, path: Path) -> None:
        """Write the scaler whole or not at all."""
        with whole(path) as partial:
            partial.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def from_json(cls, path: Path | str) -> Self:
        """Read a scaler.

        Raises
        ------
        InputError
            If the file is no scaler.
        """
        return read_record(Path(path), cls, MEND)
