"""Settings of the networks of sets."""

from typing import Self

from pydantic import Field, model_validator

from reproduce.workflow.settings import Fraction, Group, Positive, Seed


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
