"""Every setting of this paper's chain, typed, with units; the defaults are the paper's where it gives a number."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from reproduce.galaxy.settings import MapSettings, Numerics, Ranges
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Fraction, Group, Seed


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


class Evaluate(Group):
    """Errors of the methods that are no networks, and their intervals."""

    bootstrap: int = Field(200, ge=0, description="bootstrap samples over galaxies for the intervals of the errors")
    seed: Seed = Field(4, description="seed of the bootstrap")
    neighbours: int = Field(5, ge=1, description="nearest training maps whose mean label is the probe of the split")


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    galaxies: Galaxies = Field(default_factory=Galaxies)
    maps: Maps = Field(default_factory=Maps)
    evaluate: Evaluate = Field(default_factory=Evaluate)

    @model_validator(mode="after")
    def _enough_clusters(self) -> Self:
        if self.maps.n_clusters > self.galaxies.n_clusters:
            raise ValueError(
                f"maps.n_clusters={self.maps.n_clusters} is more than the {self.galaxies.n_clusters} of a disc galaxy; "
                "raise galaxies.n_clusters"
            )
        return self


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
