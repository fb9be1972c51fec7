"""Every setting of the package, typed, with units; profiles; and overrides.

The defaults are the paper's (Chardin & Bianchini 2021). A profile is a small YAML file in ``profiles/`` that holds only
what differs. Groups of settings are frozen values that the composition root hands down; this module imports nothing of
the science.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

import data_manifests
from reproduce.errors import InputError
from reproduce.source import digest, file_digest

PROFILE_FOLDER = Path(__file__).parent / "profiles"
PRETRAINED = Path(__file__).parent / "pretrained"
DEFAULT_PROFILE = "laptop"
# Groups whose members are data that users add and remove.
OPEN = ("tune.encoder_decoder", "tune.regressor")


class SettingsError(InputError):
    """A setting that is unknown, of the wrong type or impossible. Its text is one line for the user."""


class Group(BaseModel):
    """A frozen group of settings that refuses unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


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


class Observe(Group):
    """Real clusters, or synthetic images of them (paper Sect. 5)."""

    source: Literal["archive", "files", "synthetic"] = Field(
        "archive", description="where the images are from: downloaded, in observe.folder, or made from King models"
    )
    service: Literal["cutouts", "skycells", "hips"] = Field(
        "cutouts", description="archive: PS1 stack cutouts, whole PS1 skycells from MAST, or cutouts of the PS1 HiPS"
    )
    folder: Path | None = Field(None, description="files: folder of FITS images in g and r, any names")
    folder_sha256: str | None = Field(
        None, description="of the files in observe.folder; found, not set, so that other files give another result"
    )
    clusters: tuple[str, ...] | None = Field(
        None, min_length=1, description="names of the clusters as in Harris (1996); none: the paper's 17"
    )
    skip: bool = Field(False, description="go on without clusters that have no image or a bad one; false: stop")
    catalogue: Literal["2010", "1997"] = Field("2010", description="archive: edition of Harris (1996)")
    relation: Literal["kostov-bonev", "kostov-bonev-linear", "tonry"] = Field(
        "kostov-bonev", description="V from g and r"
    )
    extinction: bool = Field(False, description="correct for A_V = 3.1 E(B-V), E(B-V) of the catalogue")
    largest_masked: Fraction = Field(0.1, description="largest fraction of a field that may be masked or missing")
    zero_points: tuple[float, float] | None = Field(
        None, description="AB magnitude of one count in g and in r; none: from the header (HiPS images have none)"
    )
    seed: Seed = Field(5, description="seed of the synthetic images")

    @field_validator("folder_sha256")
    @classmethod
    def _look_into_folder(cls, _: str | None, info: ValidationInfo) -> str | None:
        found = info.data.get("source") == "files" and info.data.get("folder")
        return _images_digest(found) if found else None

    @model_validator(mode="after")
    def _no_setting_without_effect(self) -> Self:
        if self.source == "files" and self.folder is None:
            raise ValueError("observe.source=files needs a folder of FITS images: set observe.folder")
        if self.source != "files" and self.folder is not None:
            raise ValueError(f"observe.folder={self.folder} has no effect; set observe.source=files too")
        if self.source == "archive" and self.service == "hips" and self.zero_points is None:
            raise ValueError(
                "observe.service=hips: HiPS images have no photometric zero point; measure those of g and r on "
                "stars of known magnitudes and set observe.zero_points, or use observe.service=cutouts"
            )
        return self


def _images_digest(folder: Path) -> str:
    """sha256 of the names and bytes of a folder's FITS files."""
    files = fits_files(folder)
    if not files:
        raise ValueError(f"observe.folder={folder}: expected a folder of FITS files, found none; give another folder")
    return digest({path.name: file_digest(path) for path in files})


def fits_files(folder: Path) -> list[Path]:
    """FITS files in a folder, by their endings and in the order of their names."""
    endings = (".fits", ".fit", ".fits.gz", ".fits.fz")
    return sorted(path for path in folder.glob("*") if path.is_file() and path.name.lower().endswith(endings))


# One dimension of a search: values to choose from, or a range: (log | linear | integer, lowest, highest).
Dimension = Annotated[tuple[bool | int | float | str, ...], Field(min_length=1)]
RANGES = ("log", "linear", "integer")
MASS_METRICS = (
    "pixel_error_percent",
    "pixel_error_no_low_percent",
    "total_mass_error_percent",
    "mass_to_light_error_percent",
)
AGE_METRICS = ("age_mae_gyr", "distance_mae_map_kpc")
METRICS = {"encoder_decoder": MASS_METRICS, "regressor": AGE_METRICS}
# Settings of `train` that no search may vary; those of the rest that serve both networks.
NOT_TUNED = {"seed", "from_", "members", "epochs", "regressor_epochs", "vgg16_weights"}
SHARED = {"batch_size", "schedule", "augment", "patience", "precision"}


def _paper_space(network: str) -> dict[str, Dimension | None]:
    dropout = ("log", 10**-3.5, 10**-0.5)
    if network == "regressor":
        return {
            "regressor_learning_rate": ("log", 1e-4, 1e-2),
            "regressor_dropout": dropout,
            "regressor_width": (0.5, 1.0, 2.0),
        }
    return {
        "learning_rate": ("log", 1e-4, 1e-2),
        "dropout": dropout,
        "skip_connections": (True, False),
        "levels": ("integer", 3, 5),
        "width": (0.5, 1.0, 2.0),
        "batch_size": (8, 16, 32, 64),
        "loss": ("mse", "mae", "vgg16", "regressor"),
        "schedule": ("constant", "cosine"),
    }


class Tune(Group):
    """Search for hyper-parameters, which the paper chose "after trials and errors" (Sects. 3.1-3.2)."""

    seed: Seed = Field(5, description="seed of the tuner's draws")
    tuner: Literal["RandomSearch", "Hyperband", "BayesianOptimization"] = Field(
        "Hyperband", description="Keras Tuner's way of choosing trials"
    )
    networks: tuple[Literal["encoder_decoder", "regressor"], ...] = Field(
        ("encoder_decoder", "regressor"), min_length=1, description="networks searched for, one after the other"
    )
    trials: int | None = Field(
        None, ge=1, description="most trials of each network; none: as many as one run of Hyperband has, or minutes"
    )
    minutes: Positive | None = Field(
        None, description="no trial of a network begins after this time [min]; not repeatable; none: no limit"
    )
    trial_epochs: int = Field(27, ge=1, description="epochs of a trial that is trained to its end")
    hyperband_factor: int = Field(3, ge=2, le=10, description="Hyperband keeps one trial in so many at each halving")
    hyperband_step: int = Field(
        1, ge=1, description="epochs of the shortest trial that Hyperband may have, and by which it counts"
    )
    hyperband_iterations: int = Field(1, ge=1, description="runs of the whole Hyperband algorithm")
    objective: Literal[
        "val_mse",
        "val_r2",
        "val_loss",
        "pixel_error_percent",
        "pixel_error_no_low_percent",
        "total_mass_error_percent",
        "mass_to_light_error_percent",
        "age_mae_gyr",
        "distance_mae_map_kpc",
    ] = Field("val_mse", description="what is compared, on the validation maps")
    direction: Literal["auto", "min", "max"] = Field(
        "auto", description="which way the objective is better; auto: max for val_r2, else min"
    )
    executions: int = Field(1, ge=1, le=32, description="trainings of each trial with seeds of their own, averaged")
    at_once: int = Field(4, ge=1, description="trials chosen before the first of them has its result")
    finalists: int = Field(3, ge=0, description="best settings trained anew beside the paper's; 0: no finals")
    final_seeds: int = Field(3, ge=1, le=32, description="trainings of each finalist, for its error bar")
    threads: int = Field(1, ge=1, description="processor cores of one training; they change its last bits")
    encoder_decoder: dict[str, Dimension | None] = Field(
        default_factory=lambda: _paper_space("encoder_decoder"),
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )
    regressor: dict[str, Dimension | None] = Field(
        default_factory=lambda: _paper_space("regressor"), description="the same for the regressor"
    )

    def space(self, network: str) -> dict[str, tuple[bool | int | float | str, ...]]:
        """The dimensions that are searched for a network."""
        return {name: dimension for name, dimension in getattr(self, network).items() if dimension is not None}

    @model_validator(mode="after")
    def _budget(self) -> Self:
        if self.trials is None and self.minutes is None and self.tuner != "Hyperband":
            raise ValueError(f"tune.tuner={self.tuner} needs a budget; set tune.trials or tune.minutes")
        if len(set(self.networks)) != len(self.networks):
            raise ValueError(f"tune.networks={list(self.networks)} names a network twice")
        return self

    @model_validator(mode="after")
    def _objective_is_measured(self) -> Self:
        for network in self.networks:
            if not self.objective.startswith("val_") and self.objective not in METRICS[network]:
                raise ValueError(
                    f"tune.objective={self.objective} is not measured for the {network}; choose val_mse, val_r2 or "
                    f"{' or '.join(METRICS[network])}, or leave the {network} out of tune.networks"
                )
        if (
            self.objective == "val_loss"
            and "encoder_decoder" in self.networks
            and "loss" in self.space("encoder_decoder")
        ):
            raise ValueError(
                "tune.objective=val_loss cannot compare trials with different losses; choose val_mse, or set "
                "tune.encoder_decoder.loss=none"
            )
        return self

    @model_validator(mode="after")
    def _dimensions(self) -> Self:
        for network in self.networks:
            if not self.space(network):
                raise ValueError(f"tune.{network} has no dimension to search; add one or leave it out of tune.networks")
            for name, dimension in self.space(network).items():
                _check_dimension(network, name, dimension)
        both = set(self.space("encoder_decoder")) & set(self.space("regressor"))
        if both and len(self.networks) == 2:
            raise ValueError(
                f"tune.regressor.{min(both)} is also a dimension of tune.encoder_decoder, and one value serves both "
                "networks; set one of the two to none"
            )
        return self


def tunable(network: str) -> list[str]:
    """The settings of `train` that a search for a network may vary."""
    names = set(Train.model_fields) - NOT_TUNED
    return sorted(name for name in names if name in SHARED or name.startswith("regressor_") == (network == "regressor"))


def _check_dimension(network: str, name: str, dimension: tuple[bool | int | float | str, ...]) -> None:
    """Refuse a dimension that is no setting of the network, is badly put, or holds a value that `train` refuses."""
    where = f"tune.{network}.{name}"
    if name not in tunable(network):
        raise ValueError(f"{where}: train has no such setting for the {network}{_nearest(name, tunable(network))}")
    found = f"found [{', '.join(str(part) for part in dimension)}]"
    if dimension[0] in RANGES:
        kind, ends = dimension[0], dimension[1:]
        numbers = [end for end in ends if isinstance(end, int if kind == "integer" else int | float)]
        if len(ends) != 2 or len(numbers) != 2 or any(isinstance(end, bool) for end in ends):
            raise ValueError(f"{where}: expected [{kind}, low, high] with two numbers, {found}")
        if not numbers[0] < numbers[1] or (kind == "log" and numbers[0] <= 0):
            raise ValueError(f"{where}: expected {'0 < ' if kind == 'log' else ''}low < high, {found}")
        dimension = ends
    elif len(set(map(repr, dimension))) != len(dimension):
        raise ValueError(f"{where}: a value is there twice, {found}")
    for value in dimension:
        try:
            Train.model_validate_json(json.dumps({name: value}), strict=True)
        except ValidationError as error:
            raise ValueError(f"{where}: {_one_line(error)}") from None


class Apply(Group):
    """The networks that look at the observed clusters (paper Sect. 5)."""

    networks: Literal["pretrained", "trained"] = Field(
        "pretrained", description="those that come with the package, or those that this chain trains"
    )
    networks_sha256: str | None = Field(
        None, description="of the files of the pretrained networks; found, not set, so that others give another result"
    )

    @model_validator(mode="before")
    @classmethod
    def _look_at_pretrained(cls, values: Any) -> Any:
        if isinstance(values, dict):
            trained = values.get("networks") == "trained"
            return {**values, "networks_sha256": None if trained else _folder_digest(PRETRAINED)}
        return values


@cache
def _folder_digest(folder: Path) -> str:
    """sha256 of the names and bytes of a folder's files, but its notes."""
    files = sorted(path for path in folder.glob("*") if path.is_file() and path.suffix != ".md")
    return digest({path.name: file_digest(path) for path in files})


class Settings(Group):
    """All settings of one call. `profile` is a name for people; no content key reads it."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    simulate: Simulate = Field(default_factory=Simulate)
    dataset: Dataset = Field(default_factory=Dataset)
    train: Train = Field(default_factory=Train)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    observe: Observe = Field(default_factory=Observe)
    apply: Apply = Field(default_factory=Apply)
    tune: Tune = Field(default_factory=Tune)

    @model_validator(mode="after")
    def _models_exist(self) -> Self:
        for field in ("train_models", "test_models"):
            for name in getattr(self.dataset, field):
                if name not in self.simulate.models:
                    raise ValueError(
                        f"dataset.{field} names '{name}', simulate.models has {', '.join(self.simulate.models)}"
                    )
        if shared := set(self.dataset.train_models) & set(self.dataset.test_models):
            raise ValueError(
                f"dataset.test_models shares {', '.join(sorted(shared))} with train_models; "
                "a test cluster must be unseen"
            )
        return self


def profiles() -> list[str]:
    """Names of the profiles that come with the package."""
    return sorted(path.stem for path in PROFILE_FOLDER.glob("*.yaml"))


def load(profile: str = DEFAULT_PROFILE, overrides: Iterable[str] = ()) -> Settings:
    """Settings of a profile with overrides.

    Parameters
    ----------
    profile : str
        Name of a file in ``reproduce/profiles``.
    overrides : iterable of str
        ``group.key=value`` texts; the value is read as YAML (``none`` stands for null).

    Raises
    ------
    SettingsError
        If a name is unknown, a value has the wrong type, or the value is impossible; the text is one line.
    """
    if profile not in profiles():
        raise SettingsError(
            f"profile '{profile}' does not exist; expected {' or '.join(profiles())}{_nearest(profile, profiles())}"
        )
    path = PROFILE_FOLDER / f"{profile}.yaml"
    tree = Settings().model_dump(mode="json", by_alias=True)
    _merge(tree, yaml.safe_load(path.read_text(encoding="utf-8")) or {}, where=path.name)
    for text in overrides:
        _override(tree, text)
    tree["profile"] = profile
    try:
        return Settings.model_validate_json(json.dumps(tree), strict=True)
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


def split_overrides(text: str) -> list[str]:
    """Split ``a.b=1,c.d=[1,2]`` at the commas outside brackets and braces (MLproject's `overrides` parameter)."""
    return [part for part in re.split(r",(?![^\[{]*[\]}])", text.strip().strip("'\"")) if part]


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings on one level, by their dotted names."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def names() -> list[str]:
    """Every setting's dotted name."""
    return list(flat(Settings().model_dump(mode="json", by_alias=True)))


def _merge(tree: dict[str, Any], changes: Mapping[str, Any], where: str, prefix: str = "") -> None:
    """Lay `changes` over `tree` in place. A list of simulations replaces the whole list: it is data, not a group."""
    for key, value in changes.items():
        name = f"{prefix}{key}"
        if key not in tree and prefix.removesuffix(".") not in OPEN:
            raise SettingsError(f"{where}: unknown setting '{name}'{_nearest(name, names())}")
        if isinstance(tree.get(key), dict) and name != "simulate.models":
            if not isinstance(value, Mapping):
                raise SettingsError(
                    f"{where}: '{name}' is a group of settings, found {value!r}; set one of its members"
                )
            _merge(tree[key], value, where, f"{name}.")
        else:
            tree[key] = _number(value)


def _number(value: Any) -> Any:
    """YAML 1.1 reads 1e-4 as a word; people mean a number, alone or in a list."""
    if isinstance(value, list):
        return [_number(part) for part in value]
    if isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
        return float(value)
    return value


def _override(tree: dict[str, Any], text: str) -> None:
    name, equals, raw = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise SettingsError(f"override '{text}' is not group.key=value, for example train.epochs=10")
    if name == "profile":
        raise SettingsError("override 'profile' is not a setting; choose the profile with --profile")
    try:
        value = None if raw.strip().lower() == "none" else _number(yaml.safe_load(raw))
    except yaml.YAMLError:
        raise SettingsError(
            f"setting '{name}': value {raw!r} cannot be read; expected a number, a word or [a,b]"
        ) from None
    *groups, last = _path(name)
    node: Any = tree
    for depth, group in enumerate(groups):
        if groups[:depth] == ["simulate", "models"]:
            node = node.setdefault(group, {})
            continue
        if not isinstance(node, dict) or group not in node:
            raise SettingsError(f"unknown setting '{name}'{_nearest(name, flat(tree))}")
        node = node[group]
    new_model_member = groups[:2] == ["simulate", "models"] and last in Model.model_fields
    new_dimension = ".".join(groups) in OPEN
    if not isinstance(node, dict) or (last not in node and not new_model_member and not new_dimension):
        raise SettingsError(f"unknown setting '{name}'{_nearest(name, flat(tree))}")
    if isinstance(node.get(last), dict) and name != "simulate.models":
        raise SettingsError(f"'{name}' is a group of settings, found {raw!r}; set one of its members")
    node[last] = value


def _path(name: str) -> list[str]:
    """The parts of a dotted name; a simulation's own name may have dots (MW15-R1.6)."""
    if name.startswith("simulate.models.") and name.count(".") > 2:
        model, _, member = name.removeprefix("simulate.models.").rpartition(".")
        return ["simulate", "models", model, member]
    return name.split(".")


def _nearest(name: str, valid: Iterable[str]) -> str:
    valid = list(valid)
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    if not close and "." in name:  # a right name in a wrong group
        close = [other for other in valid if other.endswith(name[name.rindex(".") :])][:1]
    return f"; did you mean '{close[0]}'?" if close else "; `python -m reproduce settings` lists them all"


def _one_line(error: ValidationError) -> str:
    problems = []
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        found = item["input"]
        problems.append(
            message
            if item["type"] == "value_error"
            else f"setting '{name}': {message[:1].lower()}{message[1:]}, found {found!r}"
        )
    return "; ".join(problems)
