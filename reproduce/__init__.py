"""An experiment-tracked reproduction of π-DOC (Chardin & Bianchini 2021)."""

__version__ = "0.1.0"
