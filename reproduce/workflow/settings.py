"""What a group of settings is, and how it speaks of a value that it refuses."""

import difflib
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reproduce.workflow.errors import InputError


class SettingsError(InputError):
    """A setting that is unknown, of the wrong type or impossible. Its text is one line for the user."""


class Group(BaseModel):
    """A frozen group of settings that refuses unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint at the valid name that was meant."""
    valid = list(valid)
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    if not close and "." in name:  # a right name in a wrong group
        close = [other for other in valid if other.endswith(name[name.rindex(".") :])][:1]
    return f"; did you mean '{close[0]}'?" if close else "; `python -m reproduce settings` lists them all"


def one_line(error: ValidationError) -> str:
    """All that is wrong, each with the value found."""
    problems = []
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        found = item["input"]
        problems.append(
            message
            if item["type"] == "value_error"
            else f"setting '{name}': {message[:1].lower()}{message[1:]}, found {found!r}"
        )
    return "; ".join(problems)
