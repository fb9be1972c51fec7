"""Settings of galaxies, mergers and maps; the defaults are the numbers of Kaur et al. (2021) where it gives them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from reproduce.workflow.settings import Group, Positive

Range = tuple[float, float]
RANGES = (
    "halo_msun",
    "baryon_fraction",
    "bulge_to_disc",
    "rotation_fraction",
    "separation_rd",
    "velocity_factor",
    "mass_ratio",
)


class Ranges(Group):
    """What random galaxies are drawn from, uniformly between two ends."""

    halo_msun: Range = Field(
        (1e11, 2e12), description="dark mass of a disc, or of both galaxies of a merger [Msun]; not in the paper"
    )
    baryon_fraction: Range = Field((0.07, 0.07), description="f_bary = luminous over dark mass; 0.07 in Table 1")
    bulge_to_disc: Range = Field((0.0, 4.0), description="f_b = bulge over disc mass")
    rotation_fraction: Range = Field((0.0, 0.5), description="f_rot of the clusters; the range is not in the paper")
    concentration_dex: float = Field(
        0.0, ge=0, description="scatter of log10 c of the haloes; about 0.1 in Neto et al. (2007)"
    )
    size_exponent: float = Field(
        0.0, description="R_s = 17.5 kpc (M / 10^12 Msun)^size_exponent; the paper gives one size"
    )
    separation_rd: Range = Field(
        (4.0, 8.0), description="first distance of merging galaxies [disc sizes R_d of the larger]"
    )
    velocity_factor: Range = Field((0.05, 1.0), description="f_v, first velocity in units of the circular one")
    mass_ratio: Range = Field((0.1, 1.0), description="m_2, dark mass of the lighter over that of the heavier galaxy")
    n_clusters: int = Field(200, ge=2, description="globular clusters of each galaxy before it merges")
    dispersion_of: Literal["halo", "clusters"] = Field(
        "halo", description="whose dispersion clusters start with: the dark matter's, as the paper says, or their own"
    )
    relax_gyr: float = Field(2.8, ge=0, description="time for the clusters to relax in their disc galaxy [Gyr]")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in RANGES:
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} must be a range [low, high] from 0 upwards, found [{low:g}, {high:g}]")
        for name, most in (("mass_ratio", 1.0), ("rotation_fraction", 0.99), ("baryon_fraction", 0.99)):
            if getattr(self, name)[1] > most:
                raise ValueError(f"{name} must end at {most:g} or below, found {getattr(self, name)[1]:g}")
        for name in ("halo_msun", "baryon_fraction", "separation_rd", "mass_ratio"):
            if getattr(self, name)[0] == 0:
                raise ValueError(f"{name} must begin above 0, found 0")
        return self


class Numerics(Group):
    """How a merger is computed."""

    n_halo: int = Field(2_400, ge=100, description="dark particles of each merging galaxy")
    n_baryons: int = Field(600, ge=20, description="disc and bulge particles of each merging galaxy")
    step_gyr: Positive = Field(0.0025, description="time step of mergers [Gyr]")
    softening_kpc: Positive = Field(0.32, description="softening length of mergers [kpc]")
    settle_gyr: Positive = Field(1.0, description="time after the galaxies have met for good [Gyr]")
    longest_gyr: Positive = Field(5.6, description="time after which they are left unmerged [Gyr]")


class MapSettings(Group):
    """How clusters become maps of V and σ."""

    cells: int = Field(10, ge=2, description="cells on a side")
    field_rd: Positive = Field(
        2.4, description="side of the square field [R_d]: 2.4 by Figure 2 (R < 1.2 R_d); Sect. 2.1.3 has 1.2"
    )
    smoothing_kpc: float = Field(
        8.75, ge=0, description="standard deviation of the Gaussian [kpc]: 2.5 R_0 are 8.75, 5 R_0 17.5; 0: none"
    )
    smooth: Literal["cells", "clusters"] = Field(
        "cells", description="smooth the maps of V and σ, or weigh all clusters by the Gaussian about each cell"
    )
    empty: float | Literal["interpolate", "ignore"] = Field(
        0.0,
        description="what a cell without clusters has before smoothing: a number [km/s], linear interpolation down its "
        "column by pandas, or nothing, so that smoothing skips it",
    )
    least_for_sigma: int = Field(
        1, ge=1, description="clusters that a cell needs to have a dispersion; with 1, one cluster has 0 km/s"
    )
    pixel_noise_kms: float = Field(0.0, ge=0, description="Gaussian noise of each cell of V and σ [km/s]; 5 in DL5")
    velocity_error_kms: float = Field(0.0, ge=0, description="Gaussian error of each cluster's velocity [km/s]")
    subtract_error: bool = Field(False, description="take velocity_error_kms out of the dispersions, in quadrature")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.smooth == "clusters" and self.smoothing_kpc == 0:
            raise ValueError("smooth=clusters needs smoothing_kpc above 0")
        return self
