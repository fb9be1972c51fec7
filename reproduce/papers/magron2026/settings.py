"""Every setting of this paper's chain, typed, with units. No paper is out yet: what the slides leave open is a choice
of ours (docs/magron2026.md)."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

import reproduce.cluster.settings
import tuning.settings
from reproduce.cluster import library
from reproduce.cluster.settings import Library
from reproduce.sky.settings import HstCamera, IsochroneGrid, StarFields
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Positive, Seed
from tuning.settings import Space, Tunable

Pair = tuple[float, float]


class Simulate(reproduce.cluster.settings.Simulate):
    """Star clusters, each with its own number of stars, radius, orbit and [Fe/H]; the library's test clusters are never
    trained on."""

    library: Library = Field(Library(clusters=32), description="clusters that are designed, beside the models")


class Views(Group):
    """How snapshots become images; pairs are from and to."""

    distance_kpc: tuple[Positive, Positive] = Field((200.0, 1200.0), description="distance, uniform [kpc]")
    axis_ratio: tuple[Positive, Positive] = Field(
        (0.6, 1.0), description="short over long axis that the spherical cluster is given, uniform"
    )
    a_v: Pair = Field((0.0, 0.6), description="extinction in V, uniform [mag]")
    off_centre_pixels: float = Field(3.0, ge=0, description="largest shift of the centre along rows and columns [px]")
    thinning: tuple[Positive, Positive] = Field(
        (0.3, 1.0), description="share of the stars that is kept, log-uniform: lighter clusters of the same kind"
    )
    dressed: Fraction = Field(
        0.75,
        description="share of the training views, of snapshots of 60 Myr and older, whose stars are those of another "
        "[Fe/H] and a near age, by their masses at birth: few simulations have few metallicities",
    )
    age_shift_dex: float = Field(0.1, ge=0, description="largest difference of such an age from the snapshot's [dex]")
    stretch: tuple[Positive, Positive] = Field(
        (0.75, 1.33), description="factor on all positions, log-uniform: smaller and larger clusters of the same kind"
    )
    least_stars: int = Field(5_000, ge=100, description="snapshots with fewer stars are left out: dissolving clusters")
    background: tuple[Positive, Positive] = Field(
        (1.0, 1.0), description="factor on the light of the field behind, log-uniform"
    )
    given: Fraction = Field(0.5, description="share of the images whose distance the network is told")
    given_error: tuple[Positive, Positive] = Field(
        (0.01, 0.2), description="relative error of a distance that is told, by which it scatters, log-uniform"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in ("distance_kpc", "axis_ratio", "a_v", "thinning", "stretch", "background", "given_error"):
            low, high = getattr(self, name)
            if low > high or (low == high and name == "given_error"):
                raise ValueError(f"views.{name}=[{low}, {high}] must be the least and the most, in this order")
        if self.axis_ratio[1] > 1 or self.thinning[1] > 1:
            raise ValueError("views.axis_ratio and views.thinning must not be more than 1")
        return self


class Ranges(Group):
    """What the network's posterior may say: no age and no [Fe/H] lies outside; pairs are from and to."""

    log_age: Pair = Field((7.3, 10.2), description="log10 of the age [yr]")
    feh: Pair = Field((-2.4, 0.2), description="[Fe/H]")
    log_mass: Pair = Field(
        (2.8, 6.5), description="log10 of the mass [Msun]; unit of the answers, which may lie outside"
    )
    log_luminosity: Pair = Field(
        (2.0, 8.0), description="log10 of the luminosity in V [Lsun]; unit of the answers, which may lie outside"
    )


class Sets(Group):
    """Fixed images to choose the epoch and to test with; images to train with are drawn anew in every epoch."""

    seed: Seed = Field(2, description="seed of all")
    validation: int = Field(1_000, ge=8, description="images to choose the epoch with")
    test: int = Field(1_000, ge=8, description="test images, drawn as those to train with")
    m31: int = Field(1_000, ge=8, description="test images of clusters at M31's distance, heavier, outside the bulge")
    m31_kpc: Positive = Field(785.0, description="M31's distance [kpc]")
    heavy: float = Field(4.5, description="log10 of the least mass of those [Msun]")
    outside_kpc: float = Field(3.0, ge=0, description="least distance of their fields from M31's centre [kpc]")
    strengths: tuple[Positive, ...] = Field(
        (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), min_length=1, description="factors on the background, same clusters and fields"
    )
    strength_images: int = Field(150, ge=4, description="images of each of them")
    profiles: int = Field(40, ge=2, description="test images whose radial profiles are averaged")


class Train(Group):
    """The one network and its training."""

    seed: Seed = Field(3, description="seed of first weights and of the views")
    width: int = Field(24, ge=4, le=256, description="channels of the first level; the next ones have 2, 3 and 4 times")
    dense: int = Field(128, ge=4, description="units of the layer that the scalars are read from")
    components: int = Field(6, ge=1, le=32, description="Gaussians of the joint posterior")
    block: int = Field(4, ge=1, le=8, description="pixels a side of a cell, in which light is folded and maps are told")
    bands: tuple[Literal["F336W", "F475W", "F814W"], ...] = Field(
        ("F336W", "F475W", "F814W"), min_length=1, description="log-fluxes that the network sees"
    )
    colours: bool = Field(True, description="whether it sees differences of log-fluxes")
    cmds: bool = Field(True, description="whether it sees colour-magnitude diagrams of the pixels")
    maps: bool = Field(True, description="whether it says the denoised bands and the mass map")
    scalars: bool = Field(True, description="whether it says the scalars")
    mass_weight: float = Field(1.0, gt=0, description="weight of the mass map's loss, a mean squared error")
    bands_weight: float = Field(
        0.2, gt=0, description="weight of the denoised bands' loss, a mean squared error (slides)"
    )
    scalars_weight: float = Field(
        0.1, gt=0, description="weight of the posterior's loss, in nats over all seven scalars"
    )
    members: int = Field(1, ge=1, le=32, description="networks of the ensemble, whose answers are averaged")
    items: int = Field(2_048, ge=2, description="images of an epoch, drawn anew in each")
    epochs: int = Field(24, ge=1, description="epochs")
    batch_size: int = Field(32, ge=2, description="images in a batch")
    learning_rate: Positive = Field(0.002, description="Adam's largest rate; a cosine falls to zero")
    drawing: int = Field(1, ge=0, description="processes that draw views beside each training; 0: it waits for them")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.maps or self.scalars):
            raise ValueError("train.maps and train.scalars are both false; a network must say something")
        return self


class Ablation(Group):
    """What each input and head is worth: short trainings without it."""

    items: int = Field(1_024, ge=2, description="images of an epoch")
    epochs: int = Field(6, ge=1, description="epochs of each training")


class Evaluate(Group):
    """Errors and intervals."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples of the intervals' coverage")
    samples: int = Field(200, ge=10, description="samples of each posterior in the checks of its calibration")
    seed: Seed = Field(5, description="seed of all")
    distance_error: Positive = Field(0.03, description="relative error of the distances that the networks are told")


class Observe(Group):
    """M31's clusters, or a synthetic catalogue of the same form."""

    source: Literal["archive", "synthetic"] = Field(
        "archive", description="PHAT's clusters (Johnson et al. 2015, 2016); or mock clusters labelled synthetic"
    )
    bricks: tuple[int, ...] = Field((15,), min_length=1, description="PHAT's bricks whose clusters are looked at")
    number: int = Field(200, ge=4, description="clusters of the synthetic catalogue")
    age_error: Positive = Field(0.2, description="error of its ages [dex]")
    mass_error: Positive = Field(0.15, description="error of its masses [dex]")
    distance_error: Positive = Field(0.03, description="relative error of M31's distance, which the networks are told")
    reach_dex: Positive = Field(
        0.3, description="a cluster is in the (mass, age) domain this near a training view [dex]"
    )
    seed: Seed = Field(6, description="seed of the synthetic catalogue")


NOT_TUNED = {"seed", "members", "epochs", "items", "drawing", "maps", "scalars", "block"}


def _space() -> Space:
    """What is searched unless a profile says otherwise."""
    return {
        "learning_rate": ("log", 3e-4, 1e-2),
        "batch_size": (16, 32, 64),
        "width": (16, 24, 32),
        "components": ("integer", 2, 8),
        "scalars_weight": ("log", 0.03, 1.0),
    }


class Tune(tuning.settings.Tune):
    """Search for hyper-parameters of the network."""

    networks: tuple[Literal["many_heads"], ...] = Field(
        ("many_heads",), min_length=1, description="networks searched for"
    )
    trial_epochs: int = Field(6, ge=1, description="epochs of a trial that is trained to its end")
    objective: Literal["nll", "mass_rmse"] = Field(
        "nll",
        description="what is compared on the validation images: negative log density of the true scalars, or the "
        "root mean squared error of the mass map [dex]",
    )
    many_heads: Space = Field(
        default_factory=_space,
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )

    TUNABLE: ClassVar[dict[str, Tunable]] = {
        "many_heads": Tunable(Train, frozenset(set(Train.model_fields) - NOT_TUNED), ("nll", "mass_rmse"))
    }


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    simulate: Simulate = Field(default_factory=Simulate)
    stars: IsochroneGrid = Field(default_factory=IsochroneGrid)
    populations: IsochroneGrid = Field(
        IsochroneGrid(feh=(-2.3, -2.0, -1.7, -1.4, -1.1, -0.8, -0.5, -0.25, 0.0, 0.15), youngest_log_age=7.7),
        description="coeval stars that snapshots are dressed with",
    )
    fields: StarFields = Field(default_factory=StarFields)
    views: Views = Field(default_factory=Views)
    ranges: Ranges = Field(default_factory=Ranges)
    camera: HstCamera = Field(default_factory=lambda: HstCamera(pixels=128))
    sets: Sets = Field(default_factory=Sets)
    train: Train = Field(default_factory=Train)
    ablation: Ablation = Field(default_factory=Ablation)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    observe: Observe = Field(default_factory=Observe)
    tune: Tune = Field(default_factory=Tune)

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.fields.pixels < self.camera.pixels:
            raise ValueError(
                f"fields.pixels={self.fields.pixels} is less than camera.pixels={self.camera.pixels}; images are cut "
                "from fields"
            )
        if self.camera.pixels % (8 * self.train.block):
            raise ValueError(
                f"camera.pixels={self.camera.pixels} is no multiple of 8 train.block={8 * self.train.block}; the "
                "network halves its maps three times"
            )
        largest = self.views.given_error[1]
        for name in ("evaluate", "observe"):
            if (error := getattr(self, name).distance_error) > largest:
                raise ValueError(
                    f"{name}.distance_error={error} is larger than any that networks are told, views.given_error has "
                    f"{largest}; lower the one or raise the other"
                )
        low, high = self.ranges.feh
        if self.views.dressed and not low < self.populations.feh[0] <= self.populations.feh[-1] < high:
            raise ValueError(
                f"populations.feh={list(self.populations.feh)} must lie within ranges.feh={list(self.ranges.feh)}"
            )
        names = [*self.simulate.models, *library.names(self.simulate.library)]
        test = library.held_out_names(self.simulate.library)
        if not test or len(names) == len(test):
            raise ValueError(
                f"simulate.library has {len(test)} test clusters of {len(names)}; both training and test need one"
            )
        return self


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
