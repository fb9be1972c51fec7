"""Digests of source code and of values, as parts of a content key.

A digest of source is taken from the syntax tree without comments and docstrings: a better comment reruns nothing.
"""

import ast
import hashlib
import importlib.util
import inspect
import json
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

DATA_SUFFIXES = {".yaml", ".html", ".css", ".ecsv", ".mplstyle", ".json"}


def digest(value: Any) -> str:
    """sha256 of a value made of JSON's types, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_digest(name: str) -> str:
    """sha256 of a module, or of a package with all its modules and data files, by its dotted name."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"a stage names the source '{name}', which is not there")
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        return _text_digest(origin.read_text(encoding="utf-8"))
    folder = origin.parent
    files = sorted(path for path in folder.rglob("*") if path.suffix == ".py" or path.suffix in DATA_SUFFIXES)
    return digest(
        {
            path.relative_to(folder).as_posix(): _text_digest(path.read_text(encoding="utf-8"))
            if path.suffix == ".py"
            else file_digest(path)
            for path in files
        }
    )


@cache
def function_digest(function: Callable[..., Any]) -> str:
    """sha256 of one function's source."""
    return _text_digest(textwrap.dedent(inspect.getsource(function)))


def _text_digest(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        ):
            node.body[0].value.value = ""
    # unparse, and not dump: the text of a tree is the same on every version of Python
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
