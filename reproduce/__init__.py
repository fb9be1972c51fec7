"""Reproduction of π-DOC: star clusters, mock observations, networks, and the paper's figures and tables."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["PiDoc"]


def __getattr__(name: str) -> Any:  # `from reproduce import PiDoc` without the cost of NumPy for everything else
    if name == "PiDoc":
        from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

        return PiDoc
    raise AttributeError(f"module 'reproduce' has no attribute '{name}'")
