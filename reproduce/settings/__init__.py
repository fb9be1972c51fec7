"""Every setting of the package, typed, with units; profiles; and overrides.

The defaults are the paper's (Chardin & Bianchini 2021). A profile is a small YAML file in ``profiles/`` that holds only
what differs. Groups of settings are frozen values that the composition root hands down; this package imports nothing
of the science.
"""

from reproduce.settings.group import SettingsError
from reproduce.settings.observe import Apply, Observe, fits_files
from reproduce.settings.paper import Camera, Dataset, Effects, Evaluate, Model, Simulate, Train
from reproduce.settings.reading import DEFAULT_PROFILE, Settings, flat, load, names, profiles, split_overrides
from reproduce.settings.tune import METRICS, RANGES, Tune, tunable

__all__ = [
    "DEFAULT_PROFILE",
    "METRICS",
    "RANGES",
    "Apply",
    "Camera",
    "Dataset",
    "Effects",
    "Evaluate",
    "Model",
    "Observe",
    "Settings",
    "SettingsError",
    "Simulate",
    "Train",
    "Tune",
    "fits_files",
    "flat",
    "load",
    "names",
    "profiles",
    "split_overrides",
    "tunable",
]
