"""Settings from a profile and overrides, and their names."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from reproduce.settings.group import Group, SettingsError, nearest, one_line
from reproduce.settings.observe import Apply, Observe
from reproduce.settings.paper import Dataset, Evaluate, Model, Simulate, Train
from reproduce.settings.tune import Tune

PROFILE_FOLDER = Path(__file__).parents[1] / "profiles"
DEFAULT_PROFILE = "laptop"
# Groups whose members are data that users add and remove.
OPEN = ("tune.encoder_decoder", "tune.regressor")


class Settings(Group):
    """All settings of one call. `profile` is a name for people; no content key reads it."""

    profile: str = Field(DEFAULT_PROFILE, description="name of the profile that these settings started from")
    simulate: Simulate = Field(default_factory=Simulate)
    dataset: Dataset = Field(default_factory=Dataset)
    train: Train = Field(default_factory=Train)
    evaluate: Evaluate = Field(default_factory=Evaluate)
    observe: Observe = Field(default_factory=Observe)
    apply: Apply = Field(default_factory=Apply)
    tune: Tune = Field(default_factory=Tune)

    @model_validator(mode="after")
    def _models_exist(self) -> Self:
        for field in ("train_models", "test_models"):
            for name in getattr(self.dataset, field):
                if name not in self.simulate.models:
                    raise ValueError(
                        f"dataset.{field} names '{name}', simulate.models has {', '.join(self.simulate.models)}"
                    )
        if shared := set(self.dataset.train_models) & set(self.dataset.test_models):
            raise ValueError(
                f"dataset.test_models shares {', '.join(sorted(shared))} with train_models; "
                "a test cluster must be unseen"
            )
        return self


def profiles() -> list[str]:
    """Names of the profiles that come with the package."""
    return sorted(path.stem for path in PROFILE_FOLDER.glob("*.yaml"))


def load(profile: str = DEFAULT_PROFILE, overrides: Iterable[str] = ()) -> Settings:
    """Settings of a profile with overrides.

    Parameters
    ----------
    profile : str
        Name of a file in ``reproduce/profiles``.
    overrides : iterable of str
        ``group.key=value`` texts; the value is read as YAML (``none`` stands for null).

    Raises
    ------
    SettingsError
        If a name is unknown, a value has the wrong type, or the value is impossible; the text is one line.
    """
    if profile not in profiles():
        raise SettingsError(
            f"profile '{profile}' does not exist; expected {' or '.join(profiles())}{nearest(profile, profiles())}"
        )
    path = PROFILE_FOLDER / f"{profile}.yaml"
    tree = Settings().model_dump(mode="json", by_alias=True)
    _merge(tree, yaml.safe_load(path.read_text(encoding="utf-8")) or {}, where=path.name)
    for text in overrides:
        _override(tree, text)
    tree["profile"] = profile
    try:
        return Settings.model_validate_json(json.dumps(tree), strict=True)
    except ValidationError as error:
        raise SettingsError(one_line(error)) from None


def split_overrides(text: str) -> list[str]:
    """Split ``a.b=1,c.d=[1,2]`` at the commas outside brackets and braces (MLproject's `overrides` parameter)."""
    return [part for part in re.split(r",(?![^\[{]*[\]}])", text.strip().strip("'\"")) if part]


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings on one level, by their dotted names."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def names() -> list[str]:
    """Every setting's dotted name."""
    return list(flat(Settings().model_dump(mode="json", by_alias=True)))


def _merge(tree: dict[str, Any], changes: Mapping[str, Any], where: str, prefix: str = "") -> None:
    """Lay `changes` over `tree` in place. A list of simulations replaces the whole list: it is data, not a group."""
    for key, value in changes.items():
        name = f"{prefix}{key}"
        if key not in tree and prefix.removesuffix(".") not in OPEN:
            raise SettingsError(f"{where}: unknown setting '{name}'{nearest(name, names())}")
        if isinstance(tree.get(key), dict) and name != "simulate.models":
            if not isinstance(value, Mapping):
                raise SettingsError(
                    f"{where}: '{name}' is a group of settings, found {value!r}; set one of its members"
                )
            _merge(tree[key], value, where, f"{name}.")
        else:
            tree[key] = _number(value)


def _number(value: Any) -> Any:
    """YAML 1.1 reads 1e-4 as a word; people mean a number, alone or in a list."""
    if isinstance(value, list):
        return [_number(part) for part in value]
    if isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
        return float(value)
    return value


def _override(tree: dict[str, Any], text: str) -> None:
    name, equals, raw = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise SettingsError(f"override '{text}' is not group.key=value, for example train.epochs=10")
    if name == "profile":
        raise SettingsError("override 'profile' is not a setting; choose the profile with --profile")
    try:
        value = None if raw.strip().lower() == "none" else _number(yaml.safe_load(raw))
    except yaml.YAMLError:
        raise SettingsError(
            f"setting '{name}': value {raw!r} cannot be read; expected a number, a word or [a,b]"
        ) from None
    *groups, last = _path(name)
    node: Any = tree
    for depth, group in enumerate(groups):
        if groups[:depth] == ["simulate", "models"]:
            node = node.setdefault(group, {})
            continue
        if not isinstance(node, dict) or group not in node:
            raise SettingsError(f"unknown setting '{name}'{nearest(name, flat(tree))}")
        node = node[group]
    new_model_member = groups[:2] == ["simulate", "models"] and last in Model.model_fields
    new_dimension = ".".join(groups) in OPEN
    if not isinstance(node, dict) or (last not in node and not new_model_member and not new_dimension):
        raise SettingsError(f"unknown setting '{name}'{nearest(name, flat(tree))}")
    if isinstance(node.get(last), dict) and name != "simulate.models":
        raise SettingsError(f"'{name}' is a group of settings, found {raw!r}; set one of its members")
    node[last] = value


def _path(name: str) -> list[str]:
    """The parts of a dotted name; a simulation's own name may have dots (MW15-R1.6)."""
    if name.startswith("simulate.models.") and name.count(".") > 2:
        model, _, member = name.removeprefix("simulate.models.").rpartition(".")
        return ["simulate", "models", model, member]
    return name.split(".")
