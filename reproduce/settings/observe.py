"""The settings of the real-data step: images of observed clusters, and the networks that look at them."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from reproduce.settings.group import Fraction, Group, Seed
from reproduce.source import digest, file_digest

PRETRAINED = Path(__file__).parents[1] / "pretrained"


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

    networks: Literal["pretrained", "trained"] = Field(
        "pretrained", description="those that come with the package, or those that this chain trains"
    )
    networks_sha256: str | None = Field(
        None, description="of the files of the pretrained networks; found, not set, so that others give another result"
    )

    @model_validator(mode="before")
    @classmethod
    def _look_at_pretrained(cls, values: Any) -> Any:
        if isinstance(values, dict):
            trained = values.get("networks") == "trained"
            return {**values, "networks_sha256": None if trained else _folder_digest(PRETRAINED)}
        return values


@cache
def _folder_digest(folder: Path) -> str:
    """sha256 of the names and bytes of a folder's files, but its notes."""
    files = sorted(path for path in folder.glob("*") if path.is_file() and path.suffix != ".md")
    return digest({path.name: file_digest(path) for path in files})
