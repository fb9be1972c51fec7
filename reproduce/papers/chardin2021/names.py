"""Names and places that several parts of this paper share."""

from pathlib import Path

EXPERIMENT = "pidoc"  # of MLflow
PRETRAINED = {kind: Path(__file__).parent / "pretrained" / kind for kind in ("observer", "extended")}
"""Folders of the networks that come with the package: those that are told what is known, and those of the paper's own
kind, of the profile `extended`."""
USUAL = "extended"  # kind of networks that are taken if none is named
SCALER, CALIBRATION = "scaler.json", "calibration.h5"  # files of a trained ensemble, beside its weights
OBSERVER = "observer.json"  # stands in a folder of networks that are told what is known

# What is measured of each network on the validation maps of a search.
MASS_METRICS = (
    "pixel_error_percent",
    "pixel_error_no_low_percent",
    "total_mass_error_percent",
    "mass_to_light_error_percent",
)
AGE_METRICS = ("age_mae_gyr", "distance_mae_map_kpc")
METRICS = {"encoder_decoder": MASS_METRICS, "regressor": AGE_METRICS}
