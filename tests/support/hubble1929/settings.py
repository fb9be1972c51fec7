"""Every setting of this paper; the defaults are its own numbers."""

from pathlib import Path

from pydantic import Field

from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles
from reproduce.workflow.settings import Group, Positive, Seed


class Galaxies(Group):
    """Galaxies with distances and velocities."""

    seed: Seed = Field(1, description="seed of the galaxies")
    number: int = Field(24, ge=3, description="galaxies")
    farthest_mpc: Positive = Field(2.0, description="largest distance [Mpc]")
    slope_kms_per_mpc: Positive = Field(465.0, description="true slope of the made-up galaxies [km/s/Mpc]")
    scatter_kms: float = Field(150.0, ge=0, description="scatter of the velocities [km/s]")


class Settings(Group):
    """All settings of one call."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    galaxies: Galaxies = Field(default_factory=Galaxies)


PROFILES = Profiles(Settings, Path(__file__).parent / "profiles")
