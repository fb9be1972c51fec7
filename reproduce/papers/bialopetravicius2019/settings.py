"""Every setting of this paper's chain, typed, with units. Of the paper only the abstract is at hand: what it does not
say is a choice of ours (docs/bialopetravicius2019.md)."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

import tuning.settings
from reproduce.sky.settings import DrawnClusters, HstCamera, IsochroneGrid, StarFields
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Positive, Seed
from tuning.settings import Space, Tunable


def _clusters() -> DrawnClusters:
    return DrawnClusters(empty=0.1)


class Sets(Group):
    """Fixed images to choose the epoch and to test with; images to train with are drawn anew in every epoch."""

    seed: Seed = Field(2, description="seed of both")
    validation: int = Field(2_000, ge=8, description="images to choose the epoch with")
    test: int = Field(6_000, ge=8, description="images to test with, drawn as those to train with")
    disc: int = Field(4_800, ge=8, description="test clusters of the abstract's range on fields of the disc")
    empty: Fraction = Field(0.2, description="share of the test images without a cluster")
    disc_kpc: tuple[float, float] = Field((8.0, 14.0), description="the star-forming disc: distance from the centre")


class Train(Group):
    """The residual network and its training."""

    seed: Seed = Field(3, description="seed of first weights and of the clusters")
    depth: Literal[10, 18, 34, 50] = Field(18, description="layers, as He et al. (2016) count; 50: bottlenecks")
    width: int = Field(16, ge=4, le=256, description="channels of the first stage; 64 in He et al.")
    stem: Literal["imagenet", "cifar"] = Field(
        "imagenet", description="before the stages, as He et al. (2016): 7 x 7 and pooling, or 3 x 3 on all pixels"
    )
    dense: int = Field(128, ge=4, description="units of the layer that all heads read")
    components: int = Field(5, ge=1, le=32, description="Gaussians of the joint posterior")
    bins: int = Field(40, ge=0, le=512, description="bins of each parameter of the softmax head; 0: no such head")
    bins_weight: Positive = Field(0.25, description="weight of that head's loss; the posterior's is 1")
    there_weight: Positive = Field(1.0, description="weight of the loss of the answer whether a cluster is there")
    members: int = Field(1, ge=1, le=32, description="networks of the ensemble, whose posteriors are averaged")
    copies: int = Field(
        8, ge=1, le=8, description="turned and mirrored copies of an image whose posteriors an answer averages"
    )
    items: int = Field(4_096, ge=2, description="images of an epoch, drawn anew in each")
    epochs: int = Field(30, ge=1, description="epochs")
    batch_size: int = Field(64, ge=2, description="images in a batch")
    learning_rate: Positive = Field(0.002, description="Adam's largest rate; a cosine falls to zero")
    drawing: int = Field(1, ge=0, description="processes that draw clusters beside each training; 0: it waits for them")


class Baselines(Group):
    """What needs no network: aperture photometry, stochastic populations, the curve of growth."""

    seed: Seed = Field(4, description="seed of the library and of the artificial clusters")
    library: int = Field(12_000, ge=10, description="populations drawn star by star, each seen at all extinctions")
    extinctions: int = Field(21, ge=2, description="values of A_V over its range")
    artificial: int = Field(1_500, ge=20, description="images of clusters that corrections and errors are measured on")
    floor_mag: Positive = Field(0.05, description="error that is added to each magnitude [mag]")


class Evaluate(Group):
    """Errors, intervals, completeness."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples of the intervals' coverage")
    samples: int = Field(200, ge=10, description="samples of each posterior in the checks of its calibration")
    seed: Seed = Field(5, description="seed of both")
    false_alarms: Fraction = Field(0.05, gt=0, description="share of the empty images that count as clusters")
    fewest: int = Field(10, ge=2, description="clusters that a cell of the (age, mass) plane needs")


class Observe(Group):
    """Clusters with published ages and masses, or a synthetic catalogue of the same form."""

    source: Literal["archive", "synthetic"] = Field(
        "archive", description="PHAT's clusters (Johnson et al. 2015, 2016); or clusters drawn and labelled synthetic"
    )
    bricks: tuple[int, ...] = Field((15,), min_length=1, description="PHAT's bricks whose clusters are looked at")
    number: int = Field(200, ge=4, description="clusters of the synthetic catalogue")
    age_error: Positive = Field(0.2, description="error of its ages [dex]")
    mass_error: Positive = Field(0.15, description="error of its masses [dex]")
    seed: Seed = Field(6, description="seed of the synthetic catalogue")


NOT_TUNED = {"seed", "members", "copies", "epochs", "items", "drawing", "bins"}


def _space() -> Space:
    """What is searched unless a profile says otherwise."""
    return {
        "learning_rate": ("log", 3e-4, 1e-2),
        "batch_size": (32, 64, 128),
        "depth": (10, 18, 34),
        "width": (8, 16, 24),
        "components": ("integer", 2, 8),
        "dense": (64, 128, 256),
    }


class Tune(tuning.settings.Tune):
    """Search for hyper-parameters of the network."""

    networks: tuple[Literal["resnet"], ...] = Field(("resnet",), min_length=1, description="networks searched for")
    trial_epochs: int = Field(6, ge=1, description="epochs of a trial that is trained to its end")
    objective: Literal["val_loss", "nll"] = Field(
        "nll", description="what is compared: negative log density of the truth on the validation images, or a loss"
    )
    resnet: Space = Field(
        default_factory=_space,
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )

    TUNABLE: ClassVar[dict[str, Tunable]] = {
        "resnet": Tunable(Train, frozenset(set(Train.model_fields) - NOT_TUNED), ("nll",))
    }


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    stars: IsochroneGrid = Field(default_factory=IsochroneGrid)
    fields: StarFields = Field(default_factory=StarFields)
    clusters: DrawnClusters = Field(default_factory=_clusters)
    camera: HstCamera = Field(default_factory=lambda: HstCamera(pixels=80))
    sets: Sets = Field(default_factory=Sets)
    train: Train = Field(default_factory=Train)
    baselines: Baselines = Field(default_factory=Baselines)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    observe: Observe = Field(default_factory=Observe)
    tune: Tune = Field(default_factory=Tune)

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.camera.pixels != self.clusters.pixels:
            raise ValueError(
                f"camera.pixels={self.camera.pixels} and clusters.pixels={self.clusters.pixels} differ; set both alike"
            )
        if self.fields.pixels < self.camera.pixels:
            raise ValueError(
                f"fields.pixels={self.fields.pixels} is less than camera.pixels={self.camera.pixels}; images are cut "
                "from fields"
            )
        return self


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
