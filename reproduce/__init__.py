"""Reproduction of π-DOC and what goes beyond it: star clusters, mock observations, networks, figures and tables."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["MultiPiDoc", "PiDoc"]


def __getattr__(name: str) -> Any:  # `from reproduce import PiDoc` without the cost of NumPy for everything else
    if name == "PiDoc":
        from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

        return PiDoc
    if name == "MultiPiDoc":
        from reproduce.papers.magron2026.networks.model import MultiPiDoc

        return MultiPiDoc
    raise AttributeError(f"module 'reproduce' has no attribute '{name}'")
