"""Settings from a profile and overrides.

A profile is a small YAML file that holds only what differs from the defaults, or from the profile that it names under
`inherits`; `workers` there says how many processes are best where nobody asks for a number. Members of a dictionary
among the settings, such as the simulations by name, are data: a profile or an override may add to them.
"""

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin

import yaml
from pydantic import ValidationError

from reproduce.workflow.settings import Group, SettingsError, nearest, one_line

DEFAULT_PROFILE = "laptop"
INHERITS = "inherits"
WORKERS = "workers"

Settings = TypeVar("Settings", bound=Group)


@dataclass(frozen=True)
class Profiles(Generic[Settings]):
    """The settings of one paper under each of its profiles.

    Attributes
    ----------
    settings : type of Group
        All settings of the paper, with a field `profile` for the profile's name.
    folder : Path
        With ``NAME.yaml`` for each profile.
    """

    settings: type[Settings]
    folder: Path

    def names(self) -> list[str]:
        """Names of the profiles."""
        return sorted(path.stem for path in self.folder.glob("*.yaml"))

    def about(self, profile: str) -> str:
        """What a profile is for: the comment at the top of its file."""
        lines = (self.folder / f"{profile}.yaml").read_text(encoding="utf-8").splitlines()
        comment = itertools.takewhile(lambda line: line.startswith("#"), lines)
        return " ".join(line.lstrip("# ") for line in comment)

    def workers(self, profile: str) -> int | None:
        """Processes that are best for a profile, if it says so: work of seconds is done before others have started."""
        files = (yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in self._lineage(profile)[::-1])
        return next((file[WORKERS] for file in files if WORKERS in file), None)

    def load(self, profile: str = DEFAULT_PROFILE, overrides: Iterable[str] = ()) -> Settings:
        """Settings of a profile with overrides.

        Parameters
        ----------
        profile : str
            One of `names`.
        overrides : iterable of str
            ``group.key=value`` texts; the value is read as YAML (``none`` stands for null).

        Raises
        ------
        SettingsError
            If a name is unknown, a value has the wrong type, or the value is impossible; the text is one line.
        """
        tree = self._defaults()
        for path in self._lineage(profile):
            changes = dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
            for name in (INHERITS, WORKERS):
                changes.pop(name, None)
            self._merge(tree, changes, path.name)
        for text in overrides:
            self._override(tree, text)
        tree["profile"] = profile
        try:
            return self.settings.model_validate_json(json.dumps(tree), strict=True)
        except ValidationError as error:
            raise SettingsError(one_line(error)) from None

    def _defaults(self) -> dict[str, Any]:
        return self.settings().model_dump(mode="json", by_alias=True)

    def _lineage(self, profile: str) -> list[Path]:
        """Files of a profile and of those that it inherits from, the oldest first."""
        paths: list[Path] = []
        name: str | None = profile
        while name is not None:
            if name not in self.names():
                raise SettingsError(
                    f"profile '{name}' does not exist; expected {' or '.join(self.names())}"
                    f"{nearest(name, self.names())}"
                )
            path = self.folder / f"{name}.yaml"
            if path in paths:
                raise SettingsError(f"{path.name}: inherits from itself, through {', '.join(p.stem for p in paths)}")
            paths.append(path)
            name = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get(INHERITS)
        return paths[::-1]

    def _merge(self, tree: dict[str, Any], changes: Mapping[str, Any], where: str, prefix: str = "") -> None:
        """Lay `changes` over `tree` in place. A dictionary of groups, such as the simulations, is replaced whole."""
        for key, value in changes.items():
            name = f"{prefix}{key}"
            member = _member_type(self.settings, prefix.rstrip("."))
            if key not in tree and member is None:
                raise SettingsError(f"{where}: unknown setting '{name}'{nearest(name, flat(self._defaults()))}")
            if isinstance(tree.get(key), dict) and not _is_group(_member_type(self.settings, name)):
                if not isinstance(value, Mapping):
                    raise SettingsError(
                        f"{where}: '{name}' is a group of settings, found {value!r}; set one of its members"
                    )
                self._merge(tree[key], value, where, f"{name}.")
            else:
                tree[key] = _number(value)

    def _override(self, tree: dict[str, Any], text: str) -> None:
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
        node, last, known = self._place(tree, name)
        if not known:
            raise SettingsError(f"unknown setting '{name}'{nearest(name, flat(tree))}")
        if isinstance(node.get(last), dict) and not _is_group(_member_type(self.settings, name)):
            raise SettingsError(f"'{name}' is a group of settings, found {raw!r}; set one of its members")
        node[last] = value

    def _place(self, tree: dict[str, Any], name: str) -> tuple[dict[str, Any], str, bool]:
        """Where a setting stands: the dictionary, its key there, and whether it may be set."""
        node: Any = tree
        parts = name.split(".")
        for depth in range(len(parts) - 1):
            here = ".".join(parts[:depth])
            member = _member_type(self.settings, here)
            if depth and _is_group(member):  # a member's own name may have dots (MW15-R1.6)
                own, last = ".".join(parts[depth:-1]), parts[-1]
                return node.setdefault(own, {}), last, last in member.model_fields
            if not isinstance(node, dict) or parts[depth] not in node:
                return {}, parts[-1], False
            node = node[parts[depth]]
        if not isinstance(node, dict):
            return {}, parts[-1], False
        member = _member_type(self.settings, ".".join(parts[:-1]))
        return node, parts[-1], parts[-1] in node or (member is not None and not _is_group(member))


def split_overrides(text: str) -> list[str]:
    """Split ``a.b=1,c.d=[[1,2],[3,4]]`` at the commas outside brackets, braces and quotes (MLproject's `overrides`)."""
    parts, depth, quote = [""], 0, ""
    for letter in text.strip().strip("'\"") if text.strip()[:1] == text.strip()[-1:] else text.strip():
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[{(":
            depth += 1
        elif letter in "]})":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += letter
    return [part for part in parts if part]


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings on one level, by their dotted names."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _member_type(settings: type[Group], dotted: str) -> Any:
    """Type of the members of the dictionary of this name; None if it is no dictionary."""
    kind: Any = settings
    for part in dotted.split(".") if dotted else ():
        fields = kind.model_fields if _is_group(kind) else {}
        if part not in fields:
            return None
        kind = fields[part].annotation
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and kind is not NoneType and issubclass(kind, Group)


def _number(value: Any) -> Any:
    """YAML 1.1 reads 1e-4 as a word; people mean a number, alone or in a list."""
    if isinstance(value, list):
        return [_number(part) for part in value]
    if isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
        return float(value)
    return value
