"""The settings of the paper's chain: clusters, mock observations, networks, evaluation."""

from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

import data_manifests
from reproduce.settings.group import Fraction, Group, Positive, Seed


class Model(Group):
    """One simulated cluster (paper Table 1)."""

    half_mass_radius_pc: Positive = Field(description="initial half-mass radius [pc]")
    snapshots: int = Field(ge=1, description="number of snapshots, evenly spaced in time up to end_gyr")


def _paper_models() -> dict[str, Model]:
    return {name: Model(**row) for name, row in data_manifests.load("simulations").items()}


class Simulate(Group):
    """Star clusters (paper Sect. 2.1)."""

    n_stars: int = Field(50_000, ge=100, le=2_000_000, description="stars in each cluster")
    seed: Seed = Field(1, description="seed of all random draws; each model adds its own name to it")
    models: dict[str, Model] = Field(default_factory=_paper_models, min_length=1, description="simulations by name")
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


class Effects(Group):
    """Optional observational effects (paper Sect. 6); the defaults leave all of them out."""

    zero_point_mag: float | None = Field(
        None, gt=0, lt=60, description="V magnitude that gives one electron in the exposure; none: no photon noise"
    )
    read_noise_electrons: float = Field(0.0, ge=0, description="standard deviation of the read noise [electrons]")
    saturation_electrons: Positive | None = Field(None, description="full well of a pixel [electrons]; none: endless")
    sky_mag_arcsec2: float | None = Field(None, description="V brightness of the sky [mag/arcsec2]; none: dark")
    sky_left: float = Field(0.0, ge=0, le=1, description="fraction of the mean sky that its subtraction leaves")
    bad_pixels: Fraction = Field(0.0, description="fraction of pixels, chosen anew in each map, that read zero")
    field_stars_per_arcmin2: float = Field(0.0, ge=0, description="foreground and background stars [1/arcmin2]")
    field_star_bright_mag: float = Field(16.0, description="V of the brightest field stars")
    field_star_faint_mag: float = Field(22.0, description="V of the faintest field stars")

    @model_validator(mode="after")
    def _no_setting_without_effect(self) -> Self:
        if self.zero_point_mag is None and (self.read_noise_electrons > 0 or self.saturation_electrons is not None):
            raise ValueError(
                "camera.effects: read_noise_electrons and saturation_electrons count electrons; set zero_point_mag too"
            )
        if self.sky_mag_arcsec2 is not None and self.zero_point_mag is None and self.sky_left == 0:
            raise ValueError(
                "camera.effects: a sky that is subtracted whole only adds photon noise; set zero_point_mag or sky_left"
            )
        if self.sky_left > 0 and self.sky_mag_arcsec2 is None:
            raise ValueError(f"camera.effects: sky_left={self.sky_left} has no effect without sky_mag_arcsec2")
        if self.field_star_bright_mag >= self.field_star_faint_mag:
            raise ValueError(
                f"camera.effects: field_star_bright_mag={self.field_star_bright_mag} must be below "
                f"field_star_faint_mag={self.field_star_faint_mag}"
            )
        return self


class Camera(Group):
    """The mock instrument (paper Sect. 2.2, Table 1)."""

    field_arcsec: Positive = Field(40.0, description="side of the square field of view [arcsec]")
    pixels: int = Field(160, ge=16, le=4096, description="pixels a side")
    psf: Literal["moffat", "gaussian"] = Field("moffat", description="point-spread function")
    moffat_beta: float = Field(2.5, gt=1, description="Moffat β (Trujillo et al. 2001)")
    smoothing_pixels: float = Field(4.0, ge=0, description="σ of the Gaussian smoothing of both maps [px]")
    flux_floor: Positive = Field(1e-12, description="smaller fluxes are raised to it before log10 [Lsun/kpc2]")
    mass_floor: Positive = Field(1e-4, description="smaller masses of a pixel are raised to it before log10 [Msun]")
    effects: Effects = Field(default_factory=Effects, description="noise, sky, field stars and defects")


class Dataset(Group):
    """Mock observations (paper Sect. 2.2-2.3, Table 1)."""

    seed: Seed = Field(2, description="seed of all random draws; each map adds its own number to it")
    train: int = Field(20_000, ge=2, description="training maps, shared equally among the training simulations")
    validation: int = Field(2_000, ge=2, description="validation maps, none of them among the training maps")
    test_snapshots: int = Field(
        2_043, ge=1, description="snapshots of each test simulation, seen from every test distance"
    )
    train_models: tuple[str, ...] = Field(("MW15-R1.6", "MW15-R4"), min_length=1, description="training simulations")
    test_models: tuple[str, ...] = Field(("MW15",), min_length=1, description="simulations never seen in training")
    train_distances_kpc: tuple[Positive, ...] = Field(
        (10.0, 25.0, 50.0, 75.0, 100.0), min_length=1, description="[kpc]"
    )
    train_fwhm_arcsec: tuple[Positive, ...] = Field((0.5, 1.5), min_length=1, description="seeing [arcsec]")
    test_distances_kpc: tuple[Positive, ...] = Field((15.0, 30.0, 60.0, 80.0), min_length=1, description="[kpc]")
    test_fwhm_arcsec: tuple[Positive, ...] = Field((1.0,), min_length=1, description="seeing [arcsec]")
    shift_arcsec: float = Field(5.0, ge=0, description="largest random shift of the centre in each axis [arcsec]")
    scaler: Literal["separate", "joint"] = Field(
        "separate", description="standardise age and distance apart or together"
    )
    camera: Camera = Field(default_factory=Camera, description="the mock instrument")


class Train(Group):
    """The two networks and their training (paper Sect. 3)."""

    seed: Seed = Field(3, description="seed of weights, shuffling, dropout and augmentation")
    from_: Literal["settings", "tune"] = Field(
        "settings",
        alias="from",
        description="hyper-parameters: as set here, or with those that `tune` found laid over",
    )
    members: int = Field(
        1, ge=1, le=32, description="networks of each kind with seeds of their own; more than one make an ensemble"
    )
    architecture: Literal["released", "compact"] = Field(
        "released", description="encoder-decoder: as released, or on 40x40x16"
    )
    width: float = Field(1.0, gt=0, le=4, description="factor on the number of filters of the encoder-decoder")
    levels: int | None = Field(
        None, ge=1, le=5, description="levels of the encoder-decoder; none: released 4, compact 3"
    )
    kernel_size: int = Field(3, ge=1, le=11, description="side of the encoder-decoder's convolutions [px]")
    skip_connections: bool = Field(True, description="concatenate encoder maps in the decoder")
    dropout: Fraction = Field(10**-2.5, description="probability of spatial dropout")
    loss: Literal["mse", "mae", "vgg16", "regressor"] = Field("vgg16", description="loss of the encoder-decoder")
    total_mass_weight: float = Field(
        0.0, ge=0, description="weight of the squared error of each map's log10 total mass, added to the loss"
    )
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = Field(
        "float32", description="arithmetic of training; the mixed ones are for GPUs"
    )
    vgg16_weights: Path | None = Field(None, description="file of VGG16's ImageNet weights; none: keras.applications")
    epochs: int = Field(100, ge=1, description="epochs of the encoder-decoder")
    learning_rate: Positive = Field(10**-2.5, description="Adam's learning rate for the encoder-decoder")
    batch_size: int = Field(32, ge=1, description="maps in a batch")
    schedule: Literal["constant", "cosine"] = Field("constant", description="learning rate over the epochs")
    augment: bool = Field(False, description="random flips and quarter turns of each training map")
    patience: int | None = Field(
        None, ge=1, description="epochs without a better validation loss before stopping; none: never"
    )
    regressor_architecture: Literal["released", "compact"] = Field(
        "released", description="regressor: as released, or on 40x40x16"
    )
    regressor_width: float = Field(1.0, gt=0, le=4, description="factor on the number of filters of the regressor")
    regressor_epochs: int = Field(200, ge=1, description="epochs of the regressor")
    regressor_learning_rate: Positive = Field(1e-4, description="Adam's learning rate for the regressor")
    regressor_dropout: Fraction = Field(10**-2.5, description="probability of spatial dropout in the regressor")

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


class Evaluate(Group):
    """Metrics on the unseen cluster (paper Sect. 4)."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples over snapshots for the intervals of the metrics")
    seed: Seed = Field(4, description="seed of the bootstrap, the examples and the strange maps")
    strange_maps: int = Field(
        60, ge=1, description="maps of each kind outside the training range, for the domain score"
    )
