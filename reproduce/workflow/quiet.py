"""TensorFlow without its greeting.

TensorFlow 2.21 says on the standard error, twice in each process, that oneDNN is used; no setting stops that but one
that changes the arithmetic (`TF_ENABLE_ONEDNN_OPTS=0`). So the lines are taken out while TensorFlow is imported,
whenever something does that; all else that is said then is told afterwards.

Dask's workers load this module by `preload`, and then call `dask_setup`.
"""

import importlib.abc
import importlib.util
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TENSORFLOW = "tensorflow"
GREETINGS = re.compile(rb".*(All log messages before absl::InitializeLog|oneDNN custom operations are on).*\n?")


def greetings() -> None:
    """From now on, in this process, TensorFlow does not greet."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger(TENSORFLOW).setLevel(logging.ERROR)  # nor says that several networks mean several graphs
    if TENSORFLOW not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def dask_setup(worker: Any) -> None:
    """What Dask calls in each of its workers."""
    greetings()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as all others would, but imports it with the standard error held back."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != TENSORFLOW:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def quietly(module: ModuleType) -> None:
                with without(GREETINGS):
                    execute(module)

            spec.loader.exec_module = quietly  # type: ignore[method-assign]
        return spec


@contextmanager
def without(lines: re.Pattern[bytes]) -> Iterator[None]:
    """Hold back what this process and its libraries write to the standard error's file; tell it at the end, but for
    some lines."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        before = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
            held.seek(0)
            os.write(2, lines.sub(b"", held.read()))
