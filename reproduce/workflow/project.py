"""Where the project lies on the disk."""

from pathlib import Path


def project_folder() -> Path:
    """The folder with MLproject: that of the source tree, or the current one for an installed package."""
    source = Path(__file__).resolve().parents[2]
    return source if (source / "MLproject").is_file() else Path.cwd()
