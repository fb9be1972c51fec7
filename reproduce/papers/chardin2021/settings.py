"""Every setting of this paper's chain, typed, with units; the defaults are the paper's (Chardin & Bianchini 2021)."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

import data_manifests
import reproduce.cluster.settings
import tuning.settings
from reproduce.cluster import library
from reproduce.cluster.settings import Model
from reproduce.learning.task import PRECISION, Precision
from reproduce.papers.chardin2021.names import METRICS, PRETRAINED
from reproduce.papers.chardin2021.observer_settings import Observer
from reproduce.sky.settings import Camera
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Positive, Seed
from reproduce.workflow.source import digest, file_digest
from tuning.settings import Space, Tunable

FOLDER = Path(__file__).parent


def _table1() -> dict[str, Model]:
    return {name: Model(**row) for name, row in data_manifests.load("chardin2021/simulations").items()}


class Simulate(reproduce.cluster.settings.Simulate):
    """Star clusters (paper Sect. 2.1, Table 1)."""

    models: dict[str, Model] = Field(default_factory=_table1, min_length=1, description="simulations by name")


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


class Fresh(Group):
    """Maps drawn anew in every epoch, in place of the data set's training maps."""

    maps: int | None = Field(None, ge=2, description="maps of an epoch; none: as many as dataset.train")
    epochs: int = Field(12, ge=1, description="epochs of all networks, which see the same maps")
    learning_rate: Positive = Field(2e-3, description="Adam's learning rate for all of them")
    distances_kpc: tuple[Positive, Positive] = Field(
        (9.0, 110.0), description="nearest and farthest; evenly in the logarithm between them [kpc]"
    )
    fwhm_arcsec: tuple[Positive, ...] = Field(
        (0.5, 0.6, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5), min_length=1, description="seeing [arcsec]"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.distances_kpc[0] > self.distances_kpc[1]:
            raise ValueError(f"distances_kpc={self.distances_kpc} must be the nearest and the farthest, in this order")
        return self


class Train(Group):
    """The two networks and their training (paper Sect. 3)."""

    seed: Seed = Field(3, description="seed of weights, shuffling, dropout and augmentation")
    from_: Literal["settings", "tune"] = Field(
        "settings",
        alias="from",
        description="hyper-parameters: as set here, or with those that `tune` found laid over",
    )
    views: Literal["fixed", "fresh"] = Field(
        "fixed", description="training maps: those of the data set, or drawn anew in every epoch"
    )
    fresh: Fresh = Field(default_factory=Fresh, description="what is drawn anew")
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
    precision: Precision = Field("float32", description=PRECISION)
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

    @model_validator(mode="after")
    def _fed_with_the_same_maps(self) -> Self:
        if self.views == "fresh" and self.loss == "regressor":
            raise ValueError(
                "train.loss=regressor looks through a trained regressor; with train.views=fresh there is "
                "none yet: choose another loss, or train.views=fixed"
            )
        if self.views == "fresh" and self.from_ == "tune":
            raise ValueError(
                "train.from=tune takes what a search found on the data set's own maps, learning rates and all: "
                "set train.views=fixed too"
            )
        return self


class Evaluate(Group):
    """Metrics on the unseen cluster (paper Sect. 4)."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples over snapshots for the intervals of the metrics")
    seed: Seed = Field(4, description="seed of the bootstrap, the examples and the strange maps")
    strange_maps: int = Field(
        60, ge=2, description="maps of each kind outside the training range, for the domain score"
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


class Apply(Group):
    """The networks that look at the observed clusters (paper Sect. 5)."""

    networks: Literal["pretrained", "pretrained_observer", "trained", "observer"] = Field(
        "pretrained",
        description="those of the paper's kind that come with the package, or its ones that are told what is known; or "
        "those that this chain trains, of either kind",
    )
    networks_sha256: str | None = Field(
        None,
        description="of the files of the networks of the package; found, not set, so that others give another result",
    )

    @model_validator(mode="before")
    @classmethod
    def _look_at_pretrained(cls, values: Any) -> Any:
        if isinstance(values, dict):
            networks = values.get("networks")
            if networks in ("trained", "observer"):
                return {**values, "networks_sha256": None}
            folder = PRETRAINED["observer" if networks == "pretrained_observer" else "extended"]
            return {**values, "networks_sha256": _folder_digest(folder)}
        return values


@cache
def _folder_digest(folder: Path) -> str:
    """sha256 of the names and bytes of a folder's files, but its notes."""
    files = sorted(path for path in folder.glob("*") if path.is_file() and path.suffix != ".md")
    return digest({path.name: file_digest(path) for path in files})


# Settings of `train` that no search may vary; those of the rest that serve both networks.
NOT_TUNED = {"seed", "from_", "views", "fresh", "members", "epochs", "regressor_epochs", "vgg16_weights"}
SHARED = {"batch_size", "schedule", "augment", "patience", "precision"}


def _tunable(network: str) -> frozenset[str]:
    """The settings of `train` that a search for a network may vary."""
    names = set(Train.model_fields) - NOT_TUNED
    regressor = network == "regressor"
    return frozenset(name for name in names if name in SHARED or name.startswith("regressor_") == regressor)


def _paper_space(network: str) -> Space:
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


class Tune(tuning.settings.Tune):
    """Search for hyper-parameters, which the paper chose "after trials and errors" (Sects. 3.1-3.2)."""

    networks: tuple[Literal["encoder_decoder", "regressor"], ...] = Field(
        ("encoder_decoder", "regressor"), min_length=1, description="networks searched for, one after the other"
    )
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
    encoder_decoder: Space = Field(
        default_factory=lambda: _paper_space("encoder_decoder"),
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )
    regressor: Space = Field(
        default_factory=lambda: _paper_space("regressor"), description="the same for the regressor"
    )

    TUNABLE: ClassVar = {name: Tunable(Train, _tunable(name), metrics) for name, metrics in METRICS.items()}


class Settings(Group):
    """All settings of one call. `profile` is a name for people; no content key reads it."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    simulate: Simulate = Field(default_factory=Simulate)
    dataset: Dataset = Field(default_factory=Dataset)
    train: Train = Field(default_factory=Train)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    observe: Observe = Field(default_factory=Observe)
    apply: Apply = Field(default_factory=Apply)
    observer: Observer = Field(default_factory=Observer)
    tune: Tune = Field(default_factory=Tune)

    @model_validator(mode="after")
    def _models_exist(self) -> Self:
        known = [*self.simulate.models, *library.names(self.simulate.library)]
        for field in ("train_models", "test_models"):
            for name in getattr(self.dataset, field):
                if name not in known:
                    raise ValueError(
                        f"dataset.{field} names '{name}', simulate.models and simulate.library have {', '.join(known)}"
                    )
        if shared := set(self.dataset.train_models) & set(self.dataset.test_models):
            raise ValueError(
                f"dataset.test_models shares {', '.join(sorted(shared))} with train_models; "
                "a test cluster must be unseen"
            )
        return self


PROFILES = Profiles(Settings, FOLDER / "profiles")
