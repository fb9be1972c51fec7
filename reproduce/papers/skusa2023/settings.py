"""Every setting of this paper's chain, typed, with units; the defaults are the thesis's where it gives a number."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

import data_manifests
import tuning.settings
from reproduce.papers.skusa2023.extras.settings import Budget, Emulator
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Positive, Seed
from tuning.settings import Space, Tunable

MANIFEST = data_manifests.load("skusa2023/ngc6278")
Loss = Literal["l2", "l1", "l2_error", "l1_error"]
LOSSES: tuple[Loss, ...] = ("l2", "l1", "l2_error", "l1_error")
Activation = Literal["linear", "relu"]
Strides = tuple[int, ...]


class Observe(Group):
    """The galaxy's light and kinematics (thesis Sect. 2.1)."""

    kinematics: Literal["synthetic", "archive", "folder"] = Field(
        "synthetic",
        description="made offline with a known M/L; DYNAMITE's example, downloaded; or a folder in DYNAMITE's formats",
    )
    folder: Path | None = Field(
        None, description="with mge.ecsv, gauss_hermite_kins.ecsv, aperture.dat, bins.dat; for kinematics=folder"
    )
    mass_to_light: Positive = Field(5.8, description="true M/L of the synthetic galaxy [solar]")
    seed: Seed = Field(11, description="seed of the synthetic galaxy's bins, blur and noise")
    n_energy: int = Field(7, ge=1, description="energies of the orbits that make the synthetic galaxy")
    n_i2: int = Field(5, ge=1, description="second integrals of these")
    n_i3: int = Field(4, ge=1, description="third integrals of these")
    dithering: int = Field(1, ge=1, le=5, description="orbits a side of each bundle of these")
    periods: Positive = Field(200.0, description="periods that these are followed")
    samples: int = Field(50_000, ge=100, description="even times at which these are seen")

    @model_validator(mode="after")
    def _a_folder_has_a_name(self) -> Self:
        if self.kinematics == "folder" and self.folder is None:
            raise ValueError("observe.kinematics=folder needs observe.folder, a folder in DYNAMITE's formats")
        return self


class Library(Group):
    """The model galaxy and its orbit library (thesis Sect. 2.2, Table 2.1; DYNAMITE's configuration)."""

    distance_mpc: Positive = Field(MANIFEST["distance_mpc"], description="distance [Mpc]")
    p: Positive = Field(MANIFEST["shape"]["p"], le=1, description="intrinsic y/x of the flattest Gaussian")
    q: Positive = Field(MANIFEST["shape"]["q"], le=1, description="intrinsic z/x of the flattest Gaussian")
    u: Positive = Field(MANIFEST["shape"]["u"], le=1, description="its observed over its intrinsic major axis")
    mass_to_light: Positive = Field(MANIFEST["mass_to_light"], description="M/L that the orbits are followed at")
    black_hole_msun: float = Field(MANIFEST["black_hole"]["mass_msun"], ge=0, description="black hole [Msun]")
    softening_arcsec: Positive = Field(
        MANIFEST["black_hole"]["softening_arcsec"], description="softening of the black hole [arcsec]"
    )
    halo_concentration: Positive = Field(MANIFEST["halo"]["concentration"], description="of the NFW halo")
    halo_fraction: float = Field(
        MANIFEST["halo"]["mass_fraction"], ge=0, description="halo's mass inside r_200 over that of the stars"
    )
    n_energy: int = Field(MANIFEST["orbits"]["n_energy"], ge=1, description="energies of the start grid")
    n_i2: int = Field(MANIFEST["orbits"]["n_i2"], ge=1, description="second integrals of the start grid")
    n_i3: int = Field(MANIFEST["orbits"]["n_i3"], ge=1, description="third integrals of the start grid")
    log_radius_first: float = Field(
        MANIFEST["orbits"]["log_radius_first"], description="log10 radius of the first energy [arcsec]"
    )
    log_radius_last: float = Field(
        MANIFEST["orbits"]["log_radius_last"], description="log10 radius of the last energy [arcsec]"
    )
    dithering: int = Field(1, ge=1, le=5, description="orbits a side of each bundle; 1: single orbits, as the thesis")
    periods: Positive = Field(MANIFEST["orbits"]["periods"], description="periods that an orbit is followed")
    samples: int = Field(MANIFEST["orbits"]["samples"], ge=100, description="even times at which it is seen")
    energy_error: Positive = Field(1e-5, description="largest relative error of an orbit's energy")
    first_tolerance: Positive = Field(1e-9, description="relative tolerance of a step, before it shrinks")
    velocity_bins: int = Field(MANIFEST["velocity"]["n_bins"], ge=3, description="velocities of a histogram, odd")
    seed: Seed = Field(1, description="seed of the blur")


class Models(Group):
    """The models: one library rescaled to many M/L, their sets, and what is trained on (thesis Sects. 2.3, 6.1)."""

    first: Positive = Field(1.0, description="smallest M/L")
    last: Positive = Field(9.0, description="largest M/L")
    step: Positive = Field(0.05, description="between M/L")
    strides: Strides = Field(
        (1, 2, 4, 8, 16, 32, 64), min_length=1, description="each set of models is every so manieth one"
    )
    validation_fraction: Fraction = Field(0.1, gt=0, description="share of a set that is kept for validation")
    seed: Seed = Field(2, description="seed of that choice")

    @model_validator(mode="after")
    def _sets_have_three_models(self) -> Self:
        n = round((self.last - self.first) / self.step) + 1
        if not self.first < self.last or n < 3:
            raise ValueError(
                f"models.first={self.first:g}, last={self.last:g}, step={self.step:g} make {max(n, 0)} models; "
                "expected three at least"
            )
        for stride in self.strides:
            if stride < 1 or (n - 1) // stride + 1 < 3:
                raise ValueError(
                    f"models.strides: every {stride}th of {n} models are fewer than three; take smaller strides"
                )
        return self


class Train(Group):
    """The deconvolutional network, one for each coefficient (thesis Sects. 3, 4, 6; Tables 3.1, B.1)."""

    seed: Seed = Field(3, description="seed of weights and shuffling")
    epochs: int = Field(20, ge=1, description="epochs")
    most_maps: int | None = Field(
        None, ge=1, description="fewer epochs where a network would see more maps than this in all; none: never"
    )
    learning_rate: Positive = Field(0.01, description="Adam's learning rate")
    batch_size: int = Field(2, ge=1, description="maps in a batch")
    activation: Activation = Field(
        "linear",
        description="of the transposed convolutions and of the mask's first layer, left open there",
    )
    losses: tuple[Loss, ...] = Field(LOSSES, min_length=1, description="losses compared on all models (Sect. 4.3)")
    chosen: Loss = Field("l1_error", description="loss of the sparse sets (Sect. 4.4)")
    unmasked: tuple[Literal[1, 2, 3, 4], ...] = Field(
        (2,), description="coefficients also learnt without the mask (Fig. 3.1)"
    )


class Gan(Group):
    """The generative adversarial network (thesis Sect. 5, Table 5.1)."""

    seed: Seed = Field(4, description="seed of weights, noise and order")
    epochs: int = Field(20, ge=1, description="epochs")
    most_maps: int | None = Field(None, ge=1, description="as train.most_maps")
    learning_rate: Positive = Field(1e-3, description="Adam's learning rate; Keras's own: Table 5.1 says none")
    batch_size: int = Field(2, ge=1, description="maps in a batch")
    activation: Activation = Field("linear", description="as train.activation")
    strides: Strides = Field((1,), min_length=1, description="sets that it is trained on, as models.strides")
    unmasked: tuple[Literal[1, 2, 3, 4], ...] = Field(
        (4,), description="coefficients also learnt without the mask (Fig. A.1)"
    )
    draws: int = Field(64, ge=1, description="images drawn of each trained generator")


class Repaired(Group):
    """Our network in the thesis's place: a normalised label in, coefficients of a basis of the maps out."""

    seed: Seed = Field(5, description="seed of weights and order")
    from_: Literal["settings", "tune"] = Field(
        "settings", alias="from", description="as set here, or with what `tune` found laid over"
    )
    components: int = Field(7, ge=1, le=64, description="of the basis, at most one fewer than there are models")
    width: int = Field(64, ge=1, le=1024, description="units of a layer")
    depth: int = Field(2, ge=1, le=6, description="layers")
    branches: int = Field(4, ge=1, le=16, description="networks side by side, whose mean is taken")
    epochs: int = Field(60, ge=1, description="epochs")
    items: int = Field(800, ge=1, description="models of an epoch, drawn again and again")
    batch_size: int = Field(8, ge=1, description="models in a batch")
    learning_rate: Positive = Field(5e-3, description="Adam's largest learning rate; it falls to zero")

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


class Evaluate(Group):
    """Fits of the observed galaxy by predicted maps (thesis Sects. 4.2, 6.2, 7.2)."""

    chi2: Literal["kinematic", "total"] = Field(
        "kinematic", description="rows of the least squares that count in chi²; the weights always fit all"
    )
    every: int = Field(1, ge=1, description="of the models, every so manieth one is fitted")
    methods: tuple[Literal["linear", "cubic", "mean", "blank"], ...] = Field(
        ("linear", "cubic", "mean", "blank"), description="what networks are measured against, beside exact rescaling"
    )


def _space() -> Space:
    """What is searched unless a profile says otherwise."""
    return {
        "learning_rate": ("log", 1e-4, 3e-2),
        "width": (16, 32, 64, 128),
        "depth": ("integer", 1, 4),
        "components": ("integer", 2, 10),
        "branches": (1, 4),
        "batch_size": (4, 8, 16),
    }


class Tune(tuning.settings.Tune):
    """Search for hyper-parameters of the repaired network; the thesis's own were found "with trial and error"."""

    networks: tuple[Literal["repaired"], ...] = Field(("repaired",), min_length=1, description="networks searched for")
    trial_epochs: int = Field(40, ge=1, description="epochs of a trial that is trained to its end")
    hyperband_step: int = Field(5, ge=1, description="epochs of the shortest trial of Hyperband")
    stride: int = Field(16, ge=1, description="set of models that trials are trained on, as models.strides")
    objective: Literal["val_mse", "val_loss", "error_percent"] = Field(
        "error_percent", description="what is compared: on the models of validation, or the error of all other models"
    )
    repaired: Space = Field(
        default_factory=_space,
        description="dimensions by the name of the setting of repaired: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )

    TUNABLE: ClassVar = {
        "repaired": Tunable(
            Repaired, frozenset(Repaired.model_fields) - {"seed", "epochs", "from_"}, ("error_percent",)
        )
    }


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    observe: Observe = Field(default_factory=Observe)
    library: Library = Field(default_factory=Library)
    models: Models = Field(default_factory=Models)
    train: Train = Field(default_factory=Train)
    gan: Gan = Field(default_factory=Gan)
    repaired: Repaired = Field(default_factory=Repaired)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    tune: Tune = Field(default_factory=Tune)
    budget: Budget = Field(default_factory=Budget)
    emulator: Emulator = Field(default_factory=Emulator)

    @model_validator(mode="after")
    def _sets_are_there(self) -> Self:
        for name, strides in (("gan.strides", self.gan.strides), ("tune.stride", (self.tune.stride,))):
            for stride in strides:
                if stride not in self.models.strides:
                    raise ValueError(f"{name} names {stride}, models.strides has {list(self.models.strides)}")
        if self.train.chosen not in self.train.losses:
            raise ValueError(f"train.chosen={self.train.chosen} is not among train.losses; add it there")
        return self


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
