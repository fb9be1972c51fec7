"""Settings of the simulation of star clusters; the defaults are those of Chardin & Bianchini (2021, Sect. 2.1)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from reproduce.cluster.readers.settings import Files
from reproduce.workflow.settings import Group, Positive, Seed


class Model(Files):
    """One cluster: simulated (paper Table 1), or another code's, read from files."""

    half_mass_radius_pc: Positive | None = Field(None, description="initial half-mass radius [pc]")
    snapshots: int | None = Field(
        None, ge=1, description="number of snapshots, evenly spaced in time up to end_gyr; of files: all they hold"
    )

    @model_validator(mode="after")
    def _simulated_or_read(self) -> Self:
        simulated = {"half_mass_radius_pc": self.half_mass_radius_pc, "snapshots": self.snapshots}
        given = [name for name, value in simulated.items() if value is not None]
        if self.files is not None and (given or self.format is None):
            excess = f"; {' and '.join(given)} belongs to a simulated one" if given else ""
            raise ValueError(f"simulate.models: a cluster of files needs files and format{excess}")
        if self.files is None and len(given) < len(simulated):
            raise ValueError(
                "simulate.models: a simulated cluster needs half_mass_radius_pc and snapshots, one of another code "
                "files and format"
            )
        return self


class Simulate(Group):
    """Star clusters (paper Sect. 2.1)."""

    n_stars: int = Field(50_000, ge=100, le=2_000_000, description="stars in each cluster")
    seed: Seed = Field(1, description="seed of all random draws; each model adds its own name to it")
    models: dict[str, Model] = Field(default_factory=dict, description="simulations by name")
    snapshots: int | None = Field(None, ge=1, description="snapshots of every model; none: each model's own number")
    snapshot_ages_gyr: tuple[Positive, ...] | None = Field(
        None, min_length=1, description="ages of the snapshots of every model [Gyr]; none: evenly spaced up to end_gyr"
    )
    end_gyr: Positive = Field(14.0, le=14.0, description="age at the end [Gyr]")
    profile: Literal["plummer", "king"] = Field("plummer", description="initial density profile")
    king_concentration: float = Field(1.5, gt=0.1, lt=3.5, description="log10(r_t / r_c) of a King (1966) model")
    imf_low_msun: float = Field(0.1, ge=0.08, description="lower limit of the Kroupa (2001) mass function [Msun]")
    imf_high_msun: float = Field(50.0, le=150.0, description="upper limit of the Kroupa (2001) mass function [Msun]")
    metallicity: float = Field(0.001, ge=1e-4, le=0.03, description="Z, mass fraction of metals (SSE's range)")
    remnant_kick_kms: float = Field(
        190.0, ge=0, description="1-d dispersion of neutron-star and black-hole kicks [km/s]"
    )
    galaxy: Literal["logarithmic", "bulge-disc-halo"] = Field("logarithmic", description="tidal field")
    circular_velocity_kms: Positive = Field(220.0, description="circular velocity of the halo [km/s]")
    galactocentric_radius_kpc: Positive = Field(15.0, description="radius of the circular orbit [kpc]")
    escape: Literal["delayed", "energy", "apocentre"] = Field(
        "delayed", description="escape: with a delay, above an energy (Giersz et al. 2008), or by apocentre"
    )
    coulomb_gamma: Positive = Field(0.02, description="ln Λ = ln(γ N)")
    theta_max: float = Field(0.5, gt=0, le=1.5, description="largest deflection angle of a base step [rad]")
    sweeps: int = Field(8, ge=1, le=64, description="relaxation sweeps with alternating partners in a block")
    step_floor_myr: Positive = Field(0.25, description="smallest base step after core collapse [Myr]")
    window: int = Field(32, ge=4, description="most neighbours on each side in local averages")
    heating_constant: float = Field(90.0, ge=0, description="C of three-body binary heating")

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.imf_low_msun >= self.imf_high_msun:
            raise ValueError(f"imf_low_msun={self.imf_low_msun} must be below imf_high_msun={self.imf_high_msun}")
        ages = self.snapshot_ages_gyr or ()
        if list(ages) != sorted(set(ages)) or (ages and ages[-1] > self.end_gyr):
            raise ValueError(f"snapshot_ages_gyr={ages} must increase and end by end_gyr={self.end_gyr}")
        return self
