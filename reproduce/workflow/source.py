"""The source that a result depends on, found by following imports; digests of source, files and values.

A stage's source is its function with what that uses of its own module, and every module that this imports, and those
import in turn, inside the repository. Nobody keeps a list. Left out are

* modules called `settings`, or `..._settings`: they declare values, and the values themselves are part of the key;
* modules called `forecast`: how long a run will take, told while it is under way, is no part of what it makes;
* `reproduce.workflow` and `paper_figures`, for stages that do not draw: how a result is kept, and how something is
  drawn beside it, does not change it.

A digest is taken from the syntax tree without comments and docstrings: a better comment reruns nothing. Data files
belong to a module that names them: a string that is the name of a file beside the module, or the literal argument of
`data_manifests.load`.
"""

import ast
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = frozenset({"reproduce", "paper_figures", "tuning", "data_manifests"})
DRAWINGS = ("reproduce.workflow", "paper_figures")
LEFT_OUT = ("settings", "forecast")  # or names that end so after an underscore
MANIFESTS = "data_manifests"


def digest(value: Any) -> str:
    """sha256 of a value made of JSON's types, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def closure(function: Callable[..., Any], draws: bool = False) -> dict[str, str]:
    """All source and data files that a function depends on.

    Parameters
    ----------
    function : callable
        Defined in a module of this repository, or of any other place.
    draws : bool
        Whether drawings, and the parts of the workflow that it uses, count.

    Returns
    -------
    dict
        Digest of each module by its dotted name, of the function with what it uses of its own module as
        ``module:function``, and of each data file by its path.
    """
    own = _module(function.__module__)
    packages = PACKAGES | {function.__module__.partition(".")[0]}
    nodes = _used(own, function.__name__)
    found = {f"{own.name}:{function.__name__}": _digest(nodes)}
    todo = _imports(own, nodes)
    todo += [_Import(parent, whole=False) for parent in _parents(own.name)]
    files = _files(own, nodes)
    seen: set[_Import] = set()
    while todo:
        wanted = todo.pop()
        if wanted in seen or not _counts(wanted.module, packages, draws):
            continue
        seen.add(wanted)
        module = _module(wanted.module)
        found[module.name] = module.digest
        todo += module.imports if wanted.whole else module.imports_at_once
        todo += [_Import(parent, whole=False) for parent in _parents(module.name)]
        files |= module.files
    return found | {name: file_digest(path) for name, path in files.items()}


@dataclass(frozen=True)
class _Import:
    """A module that is imported; `whole`: for what it holds, and not only because it is a package around another."""

    module: str
    whole: bool = True


@dataclass(frozen=True)
class _Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def digest(self) -> str:
        return _module_facts(self.name)[0]

    @property
    def imports(self) -> list[_Import]:
        """What the module imports anywhere, also inside functions."""
        return _module_facts(self.name)[1]

    @property
    def imports_at_once(self) -> list[_Import]:
        """What the module imports when it is imported itself."""
        return _module_facts(self.name)[2]

    @property
    def files(self) -> dict[str, Path]:
        return _module_facts(self.name)[3]


@cache
def _module_facts(name: str) -> tuple[str, list[_Import], list[_Import], dict[str, Path]]:
    module = _module(name)
    body = module.tree.body
    at_once = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return _digest(body), _imports(module, body), _imports(module, at_once), _files(module, body)


@cache
def _module(name: str) -> _Module:
    path = _place(name)
    if path is None:
        raise ModuleNotFoundError(f"'{name}' is imported by a stage, and is not there")
    return _Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


def _counts(module: str, packages: frozenset[str], draws: bool) -> bool:
    first, _, _ = module.partition(".")
    if first not in packages or module.rpartition(".")[2].split("_")[-1] in LEFT_OUT:
        return False
    return draws or not any(module == name or module.startswith(f"{name}.") for name in DRAWINGS)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _used(module: _Module, name: str) -> list[ast.stmt]:
    """The statements of a module that define a function and, in turn, the names that these use; the whole module for
    a function that is defined in no statement of it."""
    defined: dict[str, list[ast.stmt]] = {}
    for node in module.tree.body:
        for own in _names(node):
            defined.setdefault(own, []).append(node)
    if name not in defined:
        return list(module.tree.body)
    todo, seen, used = [name], set(), set()
    while todo:
        wanted = todo.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        for node in defined.get(wanted, ()):
            used.add(node)
            todo += _free_names(node)
    return [_only(node, seen) for node in module.tree.body if node in used]


def _only(node: ast.stmt, names: set[str]) -> ast.stmt:
    """A statement; of an import, the part that binds some names."""
    if isinstance(node, ast.Import):
        return ast.Import([alias for alias in node.names if _bound(alias) in names])
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, [alias for alias in node.names if _bound(alias) in names], node.level)
    return node


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _free_names(node: ast.stmt) -> set[str]:
    """Names that a statement reads and does not bind itself, as a function binds its arguments and variables."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return read
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            bound.add(part.arg)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            bound |= set(_names(part))
    return read - bound


def _names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from map(_bound, node.names)
    else:
        yield from (
            part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        )


def _imports(module: _Module, nodes: list[Any]) -> list[_Import]:
    """Modules that some statements import, but for what only a type checker imports."""
    found = []
    for node in _walk(nodes):
        if isinstance(node, ast.Import):
            found += [_Import(alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            if base.partition(".")[0] not in PACKAGES | {module.name.partition(".")[0]}:
                continue
            inner = [f"{base}.{alias.name}" for alias in node.names if _place(f"{base}.{alias.name}") is not None]
            found += [_Import(name) for name in inner]
            if len(inner) < len(node.names):  # something that the module itself holds
                found.append(_Import(base))
    return found


def _walk(nodes: list[Any]) -> Iterator[ast.AST]:
    todo = list(nodes)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node)


def _absolute(module: _Module, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


@cache
def _place(name: str) -> Path | None:
    """File of a module, found without importing anything; None if there is no such module."""
    first, *rest = name.split(".")
    if first == "__main__":
        return Path(sys.modules["__main__"].__file__ or "")
    spec = importlib.util.find_spec(first)
    if spec is None or spec.origin is None:
        return None
    if not rest:
        return Path(spec.origin)
    base = Path(spec.origin).parent.joinpath(*rest)
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def _files(module: _Module, nodes: list[Any]) -> dict[str, Path]:
    """Data files that some statements name."""
    found = {}
    for node in _walk(nodes):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_file_name(node.value):
            path = module.path.parent / node.value
            if path.is_file():
                found[f"{module.name.rpartition('.')[0].replace('.', '/')}/{node.value}"] = path
        elif isinstance(node, ast.Call) and _reads_manifest(node):
            argument = node.args[0] if node.args else None
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise TypeError(f"{module.name}: a manifest is named by a literal, so that keys can see which it is")
            path = Path(_module(MANIFESTS).path).parent / f"{argument.value}.yaml"
            found[f"{MANIFESTS}/{argument.value}.yaml"] = path
    return found


def _is_file_name(text: str) -> bool:
    return 2 < len(text) < 100 and "." in text and not text.endswith(".py") and not set(text) & set(" \n\0:*?<>|%{}")


def _reads_manifest(node: ast.Call) -> bool:
    call = node.func
    return (
        isinstance(call, ast.Attribute)
        and call.attr in ("load", "path")
        and isinstance(call.value, ast.Name)
        and call.value.id == MANIFESTS
    )


def _digest(nodes: list[Any]) -> str:
    """sha256 of statements without docstrings. Unparsed, not dumped: that text is the same on every Python."""
    texts = []
    for statement in nodes:
        for node in ast.walk(statement):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _docstring(node.body):
                node.body[0].value.value = ""  # type: ignore[attr-defined]
        if not (statement is nodes[0] and _docstring([statement])):
            texts.append(ast.unparse(statement))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _docstring(body: list[Any]) -> bool:
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
