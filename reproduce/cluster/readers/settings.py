"""Settings of a cluster that is read from another code's files."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from reproduce.workflow.settings import Group, Positive
from reproduce.workflow.source import digest, file_digest


class Files(Group):
    """Another code's snapshots of one cluster, and what they do not say of themselves; see `common.Options`."""

    files: tuple[str, ...] | None = Field(
        None, min_length=1, description="another code's snapshots: files, folders or patterns; none: simulated here"
    )
    format: Literal["cmc", "nbody6", "mocca", "amuse", "table"] | None = Field(None, description="of the files")
    conversion: str | None = Field(None, description="cmc: the run's conv.sh; none: the one beside each file")
    units: Literal["auto", "physical", "nbody"] | None = Field(None, description="nbody6: of the files; none: auto")
    time_unit_myr: Positive | None = Field(None, description="nbody6 of Wang et al. (2015): T* of the run [Myr]")
    layout: str | None = Field(None, description="mocca: survey1 or xyz; none: survey1")
    age_gyr: float | None = Field(None, ge=0, description="age of a single snapshot whose file has none [Gyr]")
    centre: Literal["density", "mass"] | None = Field(None, description="of x, y, z in files; none: density")
    files_sha256: str | None = Field(
        None, description="of the files and conv.sh; found, not set, so that other files give another result"
    )

    @field_validator("files", mode="before")
    @classmethod
    def _one_name_is_a_list_of_one(cls, value: Any) -> Any:
        if isinstance(value, str):
            return (value,)
        return tuple(value) if isinstance(value, list) else value

    @field_validator("files_sha256")
    @classmethod
    def _look_into_files(cls, _: str | None, info: ValidationInfo) -> str | None:
        files, format = info.data.get("files"), info.data.get("format")
        return files_digest(files, format, info.data.get("conversion")) if files and format else None


def files_digest(files: Sequence[str], format: str, conversion: str | None) -> str:
    """sha256 of the names and bytes of another code's files, with those that hold their units."""
    from reproduce.cluster.readers import named  # astropy and h5py: only where there are such files

    found = named.files_of(files, format)
    return digest({path.name: file_digest(path) for path in [*found, *named.companions(found, format, conversion)]})
