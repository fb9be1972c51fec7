"""What is read from elsewhere, and every number that the paper gives to compare with.

One YAML file a subject; `load` returns it as plain Python. The sha256 of these files is part of the content key of
every stage that names them, so a corrected number reruns what uses it.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


def path(name: str) -> Path:
    """Path of the manifest called `name` (without extension)."""
    return FOLDER / f"{name}.yaml"


@cache
def load(name: str) -> Any:
    """Content of the manifest called `name`.

    Raises
    ------
    FileNotFoundError
        If there is no such manifest.
    """
    return yaml.safe_load(path(name).read_text(encoding="utf-8"))
