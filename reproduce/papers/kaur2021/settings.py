"""Every setting of this paper's chain, typed, with units; the defaults are the paper's where it gives a number."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

import tuning.settings
from reproduce.galaxy.settings import MapSettings, Numerics, Range, Ranges
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Positive, Seed
from tuning.settings import Space, Tunable


class Galaxies(Ranges, Numerics):
    """Simulated galaxies and their globular clusters (paper Sect. 2.1)."""

    seed: Seed = Field(1, description="seed of all galaxies; each adds its own number to it")
    discs: int = Field(1_000, ge=0, description="disc galaxies")
    mergers: int = Field(800, ge=0, description="merger remnants; encounters that do not merge are left out")
    tries: float = Field(
        3.0, ge=1, description="encounters computed for each remnant wanted, at most; then there are fewer remnants"
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.discs + self.mergers < 1:
            raise ValueError("galaxies.discs and galaxies.mergers are both 0; ask for one galaxy at least")
        return self


class Maps(MapSettings):
    """Maps of V and σ, and what is trained on and tested (paper Sect. 2.1.3)."""

    seed: Seed = Field(2, description="seed of views, noise and splits")
    views: int = Field(100, ge=1, description="directions from which each galaxy is seen")
    n_clusters: int = Field(200, ge=2, description="clusters seen, the same from all sides; drawn among the galaxy's")
    test_fraction: Fraction = Field(0.2, gt=0, description="share of the images, or of the galaxies, to test with")


Kind = Literal["discs", "mergers"]


class DataSet(Group):
    """One of the paper's data sets, with its network (Table 2)."""

    kinds: tuple[Kind, ...] = Field(min_length=1, description="galaxies in it")
    convolutions: int = Field(2, ge=1, le=4, description="convolutions of its network: 2 or 4 in the paper")
    pixel_noise_kms: float = Field(0.0, ge=0, description="Gaussian noise of each cell of V and σ [km/s]")


def _table2() -> dict[str, DataSet]:
    both: tuple[Kind, ...] = ("discs", "mergers")
    return {
        "DL1": DataSet(kinds=("discs",)),
        "DL2": DataSet(kinds=("mergers",)),
        "DL3": DataSet(kinds=both),
        "DL4": DataSet(kinds=both, convolutions=4),
        "DL5": DataSet(kinds=both, convolutions=4, pixel_noise_kms=5.0),
    }


class Train(Group):
    """Training of the paper's networks (paper Sect. 2.2); optimiser, loss and batch are not in the paper."""

    seed: Seed = Field(3, description="seed of first weights, validation, noise, shuffling and dropout")
    sets: dict[str, DataSet] = Field(default_factory=_table2, min_length=1, description="data sets by name")
    channels: tuple[Literal["one_channel", "two_channel"], ...] = Field(
        ("one_channel", "two_channel"), min_length=1, description="σ alone, or σ and V"
    )
    splits: tuple[Literal["image", "galaxy"], ...] = Field(
        ("image", "galaxy"), min_length=1, description="what is split into training and test: images, or galaxies"
    )
    members: int = Field(1, ge=1, le=32, description="networks of each kind; more than one make an ensemble")
    epochs: int = Field(1_000, ge=1, description="epochs; 1,000 in the paper")
    batch_size: int = Field(256, ge=1, description="images in a batch")
    learning_rate: Positive = Field(0.001, description="Adam's largest rate")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="learning rate over the epochs")
    loss: Literal["mse", "mae"] = Field("mse", description="loss of the label")
    pool_stride: int = Field(2, ge=1, le=2, description="stride of the pooling: 2 by the paper's count, 1 by its text")
    dropout: Fraction = Field(0.25, description="dropout behind the pooling")
    dense_dropout: Fraction = Field(0.5, description="dropout behind the dense layer")
    weight_decay: float = Field(0.0, ge=0, description="weight of the squared kernels in the loss; none in the paper")
    augment: bool = Field(False, description="turn and mirror the maps at random; not in the paper")
    patience: int | None = Field(None, ge=1, description="epochs without a better validation before stopping")
    validation_fraction: Fraction = Field(
        0.1, gt=0, description="share of the training images, or training galaxies, that choose the epoch"
    )


def _weighted() -> MapSettings:
    return MapSettings(smooth="clusters", smoothing_kpc=5.0)


class Fresh(Group):
    """Networks trained on views that are drawn anew in every epoch, split by galaxy. Not in the paper."""

    seed: Seed = Field(6, description="seed of first weights, views, validation and dropout")
    sets: tuple[Literal["discs", "mergers", "both"], ...] = Field(
        ("discs", "mergers", "both"), min_length=1, description="what galaxies a network is trained on"
    )
    channels: tuple[Literal["one_channel", "two_channel"], ...] = Field(
        ("one_channel", "two_channel"), min_length=1, description="σ alone, or σ and V"
    )
    maps: MapSettings = Field(
        default_factory=_weighted,
        description="how clusters become maps here; weighing all clusters about each cell leaves no cell empty",
    )
    members: int = Field(1, ge=1, le=32, description="networks of each kind; more than one make an ensemble")
    epochs: int = Field(60, ge=1, description="epochs")
    views: int = Field(20, ge=1, description="views of each galaxy in an epoch")
    convolutions: int = Field(2, ge=1, le=4, description="convolutions")
    batch_size: int = Field(128, ge=1, description="views in a batch")
    learning_rate: Positive = Field(0.002, description="Adam's largest rate; it falls as a cosine")
    loss: Literal["mse", "mae"] = Field("mse", description="loss of the label")
    dropout: Fraction = Field(0.25, description="dropout behind the pooling")
    dense_dropout: Fraction = Field(0.5, description="dropout behind the dense layer")
    weight_decay: float = Field(0.0, ge=0, description="weight of the squared kernels in the loss")
    validation_fraction: Fraction = Field(
        0.1, gt=0, description="share of the training galaxies that choose the epoch; one of each kind at least"
    )


class Unknown(Group):
    """Galaxies that no network has been trained on, outside the ranges of the others (paper Sect. 3.5).

    The paper says only that parameters of the mergers differ. All that is not here is as in `galaxies`.
    """

    seed: Seed = Field(7, description="seed of these galaxies, and of their views")
    discs: int = Field(200, ge=0, description="disc galaxies")
    mergers: int = Field(160, ge=0, description="merger remnants")
    rotation_fraction: Range = Field((0.5, 0.6), description="f_rot of the clusters")
    baryon_fraction: Range = Field((0.1, 0.1), description="f_bary")
    separation_rd: Range = Field((3.0, 4.0), description="first distance of merging galaxies [R_d of the larger]")


class Examples(Group):
    """Single galaxies of Figures 2, 3, 4 and 19; the merger is the fiducial one (Table 1)."""

    seed: Seed = Field(8, description="seed of these galaxies")
    halo_msun: Positive = Field(1e12, description="dark mass of each [Msun]")
    bulge_to_disc: float = Field(1 / 6, ge=0, description="f_b")
    disc_rotation: Fraction = Field(0.5, description="f_rot of the disc's clusters")
    noise_kms: Positive = Field(5.0, description="noise of each cell of Figure 19 [km/s]")
    separation_kpc: Positive = Field(140.0, description="first distance of the merging galaxies [kpc]")
    velocity_factor: float = Field(0.45, ge=0, description="f_v")
    tilts: tuple[float, float] = Field((0.9, 2.1), description="angles of the spins with the orbit's axis [rad]")
    numbers: tuple[int, ...] = Field((20_000, 2_000, 200), min_length=1, description="clusters of the maps of Figure 4")
    shown: int = Field(200, ge=2, description="clusters shown in Figure 3")


NOT_TUNED = {"seed", "sets", "channels", "splits", "members", "epochs", "validation_fraction"}


def _cnn_space() -> Space:
    return {
        "learning_rate": ("log", 1e-4, 1e-2),
        "batch_size": (32, 64, 128, 256),
        "dropout": ("linear", 0.0, 0.5),
        "dense_dropout": ("linear", 0.0, 0.6),
        "weight_decay": ("log", 1e-6, 1e-2),
        "loss": ("mse", "mae"),
        "augment": (True, False),
        "pool_stride": (1, 2),
    }


class Tune(tuning.settings.Tune):
    """Search for hyper-parameters of one network; the paper says only that it compared architectures."""

    networks: tuple[Literal["cnn"], ...] = Field(("cnn",), description="networks searched for")
    data_set: str = Field("DL1", description="one of train.sets")
    input: Literal["one_channel", "two_channel"] = Field("two_channel", description="what its network sees")
    split: Literal["image", "galaxy"] = Field("galaxy", description="split of training, validation and test")
    objective: Literal["val_mse", "val_r2", "val_loss", "mae", "rmse"] = Field(
        "mae", description="what is compared, on the validation images"
    )
    cnn: Space = Field(
        default_factory=_cnn_space,
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )

    TUNABLE: ClassVar[dict[str, Tunable]] = {
        "cnn": Tunable(Train, frozenset(set(Train.model_fields) - NOT_TUNED), ("mae", "rmse"))
    }


class Schedules(Group):
    """Trainings with more and fewer epochs, to see what is lost."""

    data_set: str = Field("DL1", description="one of train.sets")
    channels: Literal["one_channel", "two_channel"] = Field("two_channel", description="what its network sees")
    epochs: tuple[int, ...] = Field((30, 100, 300, 1_000), min_length=1, description="epochs of each training")


class Ablation(Group):
    """What the error comes from: discs with one property varied after the other, more or fewer clusters, noise."""

    seed: Seed = Field(9, description="seed of these galaxies")
    discs: int = Field(1_000, ge=4, description="disc galaxies of each row")
    views: int = Field(20, ge=1, description="views of each galaxy to test with")
    epochs: int = Field(30, ge=1, description="epochs of each network")
    causes: tuple[Literal["nothing", "bulge", "rotation", "baryons", "concentration", "masses", "all"], ...] = Field(
        ("nothing", "bulge", "rotation", "baryons", "concentration", "masses", "all"),
        description="what varies beside the mass; masses: the upper half of their range alone",
    )
    numbers: tuple[int, ...] = Field((30, 100, 300, 1_000, 2_000), description="clusters seen")
    noise_kms: tuple[float, ...] = Field((5.0, 10.0), description="errors of velocities, or noise of cells [km/s]")


class Evaluate(Group):
    """Errors of all methods, and their intervals."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples over galaxies for the intervals of the errors")
    seed: Seed = Field(4, description="seed of the bootstrap")
    set_views: int = Field(
        20, ge=1, description="of the views of each galaxy, so many for the networks of sets; more only repeat them"
    )
    neighbours: int = Field(5, ge=1, description="nearest training maps whose mean label is the probe of the split")


class Sets(Group):
    """The network of sets, which sees the clusters themselves and answers with a posterior; not in the paper.

    A training view has a field, a number of clusters and errors drawn from these ranges, so that one network serves
    galaxies at any distance.
    """

    seed: Seed = Field(5, description="seed of first weights, views and validation")
    size: int = Field(256, ge=2, description="clusters that the network can see at once")
    clusters: tuple[float, float] = Field((30.0, 256.0), description="clusters in a view, log-uniform between these")
    inner_kpc: tuple[float, float] = Field((0.0, 3.0), description="radius inside which none is seen [kpc], uniform")
    outer_kpc: tuple[float, float] = Field((12.0, 80.0), description="radius of the field [kpc], log-uniform")
    preference: tuple[float, float] = Field(
        (-0.5, 0.5), description="clusters are chosen with a chance (1 + R / preference_kpc) to this power, uniform"
    )
    preference_kpc: Positive = Field(5.0, description="length in that law [kpc]")
    errors_kms: tuple[float, float] = Field((3.0, 30.0), description="error of a velocity [km/s], log-uniform")
    with_errors: Fraction = Field(0.7, description="share of the views whose velocities have errors")
    distance_error: float = Field(0.05, ge=0, description="error of the distance, as a share")
    width: int = Field(64, ge=4, description="numbers for each cluster in a layer")
    depth: int = Field(3, ge=1, description="layers for each cluster")
    components: int = Field(3, ge=1, description="Gaussians of the posterior")
    members: int = Field(1, ge=1, le=32, description="networks of the ensemble, whose posteriors are averaged")
    views: int = Field(4, ge=1, description="views of each galaxy in an epoch, drawn anew for each")
    validation_views: int = Field(8, ge=1, description="views of each validation galaxy, fixed")
    validation_fraction: Fraction = Field(0.1, gt=0, description="share of the training galaxies to choose the epoch")
    epochs: int = Field(100, ge=1, description="epochs")
    batch_size: int = Field(64, ge=1, description="views in a batch")
    learning_rate: Positive = Field(0.002, description="Adam's largest rate; a cosine falls to zero")
    copies: int = Field(8, ge=1, description="turned, mirrored and reversed copies of a galaxy that an answer averages")
    samples: int = Field(200, ge=10, description="samples of each posterior in the checks of its calibration")
    fewest: int = Field(30, ge=2, description="clusters with a velocity that an observed galaxy needs")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("clusters", "inner_kpc", "outer_kpc", "preference", "errors_kms"):
            low, high = getattr(self, name)
            if not low <= high:
                raise ValueError(f"sets.{name} must be a range [low, high], found [{low:g}, {high:g}]")
        if not self.clusters[0] >= 2 or self.clusters[1] > self.size:
            low, high = self.clusters
            raise ValueError(f"sets.clusters must be from 2 to sets.size={self.size}, found [{low:g}, {high:g}]")
        if self.outer_kpc[0] <= self.inner_kpc[1] or self.errors_kms[0] <= 0:
            raise ValueError("sets.outer_kpc must begin beyond sets.inner_kpc, and sets.errors_kms above 0")
        return self


class Observe(Group):
    """Real galaxies' clusters, or a synthetic catalogue of the same form (paper Sect. 4.1)."""

    source: Literal["archive", "synthetic"] = Field(
        "archive", description="velocities from VizieR (J/AJ/153/114), or of simulated galaxies in their place"
    )
    seed: Seed = Field(6, description="seed of the synthetic galaxies")
    galaxies: tuple[str, ...] | None = Field(
        None, min_length=1, description="names such as NGC 3115; none: all of the catalogue"
    )


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    galaxies: Galaxies = Field(default_factory=Galaxies)
    maps: Maps = Field(default_factory=Maps)
    train: Train = Field(default_factory=Train)
    fresh: Fresh = Field(default_factory=Fresh)
    sets: Sets = Field(default_factory=Sets)
    observe: Observe = Field(default_factory=Observe)
    unknown: Unknown = Field(default_factory=Unknown)
    examples: Examples = Field(default_factory=Examples)
    tune: Tune = Field(default_factory=Tune)
    schedules: Schedules = Field(default_factory=Schedules)
    ablation: Ablation = Field(default_factory=Ablation)
    evaluate: Evaluate = Field(default_factory=Evaluate)

    @model_validator(mode="after")
    def _enough_clusters(self) -> Self:
        if self.maps.n_clusters > self.galaxies.n_clusters:
            raise ValueError(
                f"maps.n_clusters={self.maps.n_clusters} is more than the {self.galaxies.n_clusters} of a disc galaxy; "
                "raise galaxies.n_clusters"
            )
        return self

    @model_validator(mode="after")
    def _known_set(self) -> Self:
        for group in ("schedules", "tune"):
            if (name := getattr(self, group).data_set) not in self.train.sets:
                raise ValueError(f"{group}.data_set={name} is not in train.sets; choose {' or '.join(self.train.sets)}")
        return self


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
