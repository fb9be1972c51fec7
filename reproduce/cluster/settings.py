"""Settings of the simulation of star clusters; the defaults are those of Chardin & Bianchini (2021, Sect. 2.1)."""

from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)

from reproduce.cluster.readers.settings import Files
from reproduce.workflow.settings import Group, Positive, Seed, one_line


class Evolution(Group):
    """What makes one cluster, and how it is evolved."""

    n_stars: int = Field(50_000, ge=100, le=2_000_000, description="stars in each cluster")
    snapshot_ages_gyr: tuple[Positive, ...] | None = Field(
        None, min_length=1, description="ages of the snapshots of every model [Gyr]; none: evenly spaced up to end_gyr"
    )
    end_gyr: Positive = Field(14.0, le=14.0, description="age at the end [Gyr]")
    profile: Literal["plummer", "king"] = Field("plummer", description="initial density profile")
    king_concentration: float = Field(1.5, gt=0.1, lt=3.5, description="log10(r_t / r_c) of a King (1966) model")
    king_w0: float | None = Field(
        None, gt=0.1, le=16, description="W0 of a King (1966) model in place of its concentration; none: that counts"
    )
    imf_low_msun: float = Field(0.1, ge=0.08, description="lower limit of the Kroupa (2001) mass function [Msun]")
    imf_high_msun: float = Field(50.0, le=150.0, description="upper limit of the Kroupa (2001) mass function [Msun]")
    metallicity: float = Field(0.001, ge=1e-4, le=0.03, description="Z, mass fraction of metals (SSE's range)")
    stellar_recipe: Literal["hurley2000", "fryer2012"] = Field(
        "hurley2000",
        description="winds and remnants: of standard SSE, or of Vink et al. (2001) and Fryer et al. (2012, rapid)",
    )
    track_spacing: float = Field(
        0.0,
        ge=0,
        le=0.01,
        description="distance in ln m of the tracks between which others are interpolated; 0: none are",
    )
    remnant_kick_kms: float = Field(
        190.0, ge=0, description="1-d dispersion of neutron-star and black-hole kicks [km/s]"
    )
    kicks: Literal["all", "fallback"] = Field(
        "all",
        description="kicks of black holes: like neutron stars, or less by the share of matter that falls back",
    )
    galaxy: Literal["logarithmic", "bulge-disc-halo"] = Field("logarithmic", description="tidal field")
    circular_velocity_kms: Positive = Field(220.0, description="circular velocity of the halo [km/s]")
    galactocentric_radius_kpc: Positive = Field(15.0, description="radius of the circular orbit [kpc]")
    escape: Literal["delayed", "energy", "apocentre"] = Field(
        "delayed", description="escape: with a delay, above an energy (Giersz et al. 2008), or by apocentre"
    )
    escape_rate: Positive = Field(
        1.4, description="with a delay: a star above the saddle leaves in the time 1 / (rate Ω Ê²), Ê = 1 - E/E_saddle"
    )
    coulomb_gamma: Positive = Field(
        0.11, description="γ of the Coulomb logarithm, ln Λ = ln(γ N); of several masses some 0.02, if one is for all"
    )
    coulomb_masses: Literal["pair", "mean"] = Field(
        "pair", description="ln Λ falls with the masses of a pair, ln(2 γ N <m> / (m₁ + m₂)), or is the same for all"
    )
    theta_max: float = Field(0.5, gt=0, le=1.5, description="largest deflection angle of a base step [rad]")
    sweeps: int = Field(8, ge=1, le=64, description="relaxation sweeps with alternating partners in a block")
    step_floor_myr: Positive = Field(0.25, description="smallest base step after core collapse [Myr]")
    step_relaxation: float = Field(
        0.0,
        ge=0,
        le=0.02,
        description="smallest base step in present half-mass relaxation times; the longer one counts",
    )
    changes_share: float = Field(
        0.0,
        ge=0,
        le=0.02,
        description="longest time between changes of masses, 5 Myr or this share of the age if longer",
    )
    window: int = Field(32, ge=4, description="most neighbours on each side in local averages")
    heating_constant: float = Field(90.0, ge=0, description="C of three-body binary heating")

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.imf_low_msun >= self.imf_high_msun:
            raise ValueError(f"imf_low_msun={self.imf_low_msun} must be below imf_high_msun={self.imf_high_msun}")
        ages = self.snapshot_ages_gyr or ()
        if list(ages) != sorted(set(ages)) or (ages and ages[-1] > self.end_gyr):
            raise ValueError(f"snapshot_ages_gyr={ages} must increase and end by end_gyr={self.end_gyr}")
        if self.king_w0 is not None and self.profile != "king":
            raise ValueError(f"king_w0={self.king_w0} has no effect with profile={self.profile}; set profile=king too")
        return self


class ClusterSettings(Evolution):
    """All that one cluster is made from, but its name."""

    seed: Seed = 1
    half_mass_radius_pc: Positive
    snapshots: int = Field(ge=1)


# Any setting of `Evolution` again, for one model; what it may be is checked where the cluster is put together.
_OWN: dict[str, Any] = {
    name: (field.annotation | None, Field(None, description=f"of this model: {field.description}"))  # type: ignore[operator]
    for name, field in Evolution.model_fields.items()
}
_Own = create_model("_Own", __base__=Files, **_OWN)


class Model(_Own):
    """One cluster: simulated (paper Table 1) with any settings of its own, or another code's, read from files."""

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

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


Range = tuple[float, float]
# Half of the snapshots below 2 Gyr, where clusters change fast.
LIBRARY_AGES = (*(round(0.03 * (2 / 0.03) ** (k / 15), 3) for k in range(16)), *(2.0 + 0.75 * k for k in range(1, 17)))


class Library(Group):
    """A space-filling set of clusters beside those named in `models`; see `cluster.library`."""

    clusters: int = Field(0, ge=0, le=99, description="clusters of the library, named L00, L01, ...; none: 0")
    test: int = Field(8, ge=0, description="test clusters among them: the first ones, which are spread over the whole")
    large: int = Field(3, ge=0, description="clusters of a million stars and more that there must be")
    seed: Seed = Field(1, description="seed of the design")
    n_stars: Range = Field((1e4, 1.5e6), description="stars, log-uniform")
    half_mass_radius_pc: Range = Field((0.8, 8.0), description="initial half-mass radius, log-uniform [pc]")
    galactocentric_radius_kpc: Range = Field((2.0, 30.0), description="radius of the orbit, log-uniform [kpc]")
    iron: Range = Field((-2.3, 0.0), description="[Fe/H]")
    king_w0: Range = Field((5.0, 9.0), description="W0 of the half of the clusters that are King models")
    circular_velocity_kms: Positive = Field(220.0, description="circular velocity of the halo [km/s]")
    kicks: Literal["all", "fallback"] = Field("fallback", description="kicks of black holes; see simulate.kicks")
    theta_max: float = Field(0.7, gt=0, le=1.5, description="largest deflection angle of a base step [rad]")
    step_floor_myr: Positive = Field(1.5, description="smallest base step [Myr]")
    step_relaxation: float = Field(
        1 / 300, ge=0, le=0.02, description="smallest base step in present half-mass relaxation times, where longer"
    )
    changes_share: float = Field(
        1 / 200, ge=0, le=0.02, description="longest time between changes of masses, 5 Myr or this share of the age"
    )
    snapshot_ages_gyr: tuple[Positive, ...] = Field(LIBRARY_AGES, min_length=1, description="ages of snapshots [Gyr]")

    @model_validator(mode="after")
    def _limits(self) -> Self:
        limits = {
            "n_stars": (1_000, 2_000_000),
            "half_mass_radius_pc": (0.05, 50),
            "galactocentric_radius_kpc": (0.5, 200),
            "iron": (-2.301, 0.176),
            "king_w0": (1, 12),
        }
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"library.{name}=[{low}, {high}] must increase and lie between {least} and {most}")
        if self.clusters and not self.test <= self.clusters:
            raise ValueError(f"library.test={self.test} is more than library.clusters={self.clusters}")
        return self


class Simulate(Evolution):
    """Star clusters (paper Sect. 2.1)."""

    seed: Seed = Field(1, description="seed of all random draws; each model adds its own name to it")
    models: dict[str, Model] = Field(default_factory=dict, description="simulations by name")
    snapshots: int | None = Field(None, ge=1, description="snapshots of every model; none: each model's own number")
    library: Library = Field(default_factory=Library, description="clusters that are designed, beside the models")

    @model_validator(mode="after")
    def _models_can_be(self) -> Self:
        common = {name: getattr(self, name) for name in Evolution.model_fields}
        for name, model in self.models.items():
            own = {key: value for key, value in model.model_dump().items() if key in common}
            try:
                Evolution(**(common | own))
            except ValidationError as error:
                raise ValueError(f"simulate.models.{name}: {one_line(error)}") from None
        return self
