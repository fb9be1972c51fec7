"""Settings of the observed galaxies."""

from typing import Literal

from pydantic import Field

from reproduce.workflow.settings import Group, Seed


class Observe(Group):
    """Real galaxies' clusters, or a synthetic catalogue of the same form (paper Sect. 4.1)."""

    source: Literal["archive", "synthetic"] = Field(
        "archive", description="velocities from VizieR (J/AJ/153/114), or of simulated galaxies in their place"
    )
    seed: Seed = Field(6, description="seed of the synthetic galaxies")
    galaxies: tuple[str, ...] | None = Field(
        None, min_length=1, description="names such as NGC 3115; none: all of the catalogue"
    )
