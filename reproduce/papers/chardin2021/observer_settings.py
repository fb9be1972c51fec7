"""Settings of the networks that are told what is known; pairs are from and to."""

from typing import Self

from pydantic import Field, model_validator

from reproduce.learning.task import PRECISION, Precision
from reproduce.workflow.settings import Fraction, Group, Positive, Seed

Range = tuple[Positive, Positive]


class Views(Group):
    """How clusters are seen, and what is known of them; drawn anew for each view."""

    distances_kpc: Range = Field((2.0, 150.0), description="distance, evenly in the logarithm [kpc]")
    fwhm_arcsec: tuple[Positive, ...] = Field(
        (0.5, 0.65, 0.8, 1.0, 1.2, 1.45, 1.7, 2.0),
        min_length=1,
        description="seeing [arcsec]; a few values, for which the camera keeps its transforms",
    )
    shift_arcsec: float = Field(5.0, ge=0, description="largest shift of the centre in each axis [arcsec]")
    fewest_stars: int = Field(30, ge=1, description="stars in the field; a view with fewer is drawn again")
    thinning: Range = Field(
        (0.2, 1.0),
        description="share of a training cluster's stars that is kept, log-uniform: lighter clusters of the same kind, "
        "as networks know few clusters by their brightness and size",
    )
    stretch: Range = Field(
        (0.75, 1.33),
        description="factor on a training cluster's size, log-uniform: smaller and larger of the same kind",
    )
    clean: Fraction = Field(0.1, description="share of views without noise, sky and field stars, as the paper's maps")
    zero_point_mag: Range = Field(
        (30.0, 33.0), description="V magnitude that gives one electron in the exposure: its depth"
    )
    sky_mag_arcsec2: Range = Field((20.5, 22.0), description="V brightness of the sky [mag/arcsec2]")
    sky_error: float = Field(
        0.003, ge=0, lt=1, description="largest fraction of the sky, more or less, by which its subtraction errs"
    )
    field_stars_per_arcmin2: Range = Field(
        (0.1, 30.0), description="field stars of V 14 to 22, evenly in the logarithm [1/arcmin2]"
    )
    hidden: Fraction = Field(0.4, description="share of views in which a quantity is not known, for each by itself")
    distance_error: Range = Field((0.01, 0.5), description="relative error of a known distance, log-uniform")
    metallicities: tuple[float, float] = Field(
        (-2.3, 0.0), description="[Fe/H] of the clusters; a value far off is told"
    )
    metallicity_error: Range = Field((0.05, 0.5), description="error of a known [Fe/H], log-uniform [dex]")
    seeing_error: Range = Field((0.01, 0.2), description="relative error of a known seeing, log-uniform")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and name != "fwhm_arcsec" and not value[0] < value[1]:
                if name in ("thinning", "stretch") and value[0] == value[1]:
                    continue
                raise ValueError(f"observer.views.{name}={list(value)} must increase")
        if self.thinning[1] > 1:
            raise ValueError(f"observer.views.thinning={list(self.thinning)} must not be more than 1")
        return self


class Sets(Group):
    """Fixed views."""

    seed: Seed = Field(11, description="seed of the fixed views")
    validation_clusters: int = Field(
        4, ge=0, description="clusters of the library, after its test clusters, to calibrate with; 0: the training ones"
    )
    training: int = Field(2_000, ge=16, description="views of training clusters: for the scales and the domain")
    validation: int = Field(2_000, ge=16, description="views of validation clusters: for the epoch and the widths")
    test: int = Field(4_000, ge=16, description="views of test clusters")


class Train(Group):
    """The networks and their training."""

    seed: Seed = Field(12, description="seed of weights, views and dropout")
    members: int = Field(1, ge=1, le=16, description="networks of each kind with weights of their own, one ensemble")
    width: float = Field(0.5, gt=0, le=4, description="factor on the number of filters of the encoder-decoder")
    regressor_width: float = Field(1.0, gt=0, le=4, description="factor on the filters of the posterior's network")
    dense: int = Field(128, ge=8, description="units of the layers that join what is seen and what is known")
    grain: bool = Field(True, description="show the posterior's network how grainy the light is, in numbers")
    components: int = Field(6, ge=1, le=32, description="Gaussians in a posterior's mixture")
    maps: int = Field(7_500, ge=16, description="views of an epoch, each drawn for one look")
    epochs: int = Field(16, ge=1, description="epochs")
    batch_size: int = Field(16, ge=2, description="views in a batch")
    learning_rate: Positive = Field(2e-3, description="Adam's largest learning rate; it falls as a cosine")
    precision: Precision = Field("float32", description=PRECISION)


class Evaluate(Group):
    """Measures on the test clusters."""

    seed: Seed = Field(13, description="seed of what is shown, of samples and of the bootstrap")
    samples: int = Field(500, ge=10, description="samples of each posterior, for ranks and TARP")
    bootstrap: int = Field(200, ge=0, description="bootstrap samples over snapshots for the bounds of shares")


class Observer(Group):
    """Networks that are told what is known (`reproduce.papers.chardin2021.observer`)."""

    views: Views = Field(default_factory=Views, description="how clusters are seen, and what is known of them")
    sets: Sets = Field(default_factory=Sets, description="fixed views")
    train: Train = Field(default_factory=Train, description="networks and training")
    evaluate: Evaluate = Field(default_factory=Evaluate, description="measures on the test clusters")
