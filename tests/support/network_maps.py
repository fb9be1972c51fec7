"""Made-up data sets for the tests of the networks: smooth round clusters whose light tells mass, age and distance."""

from pathlib import Path

import h5py
import numpy as np

from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.dataset.schema import COLUMNS, FORMAT, TYPES, VERSION
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.settings import Camera


def write_maps(
    folder: Path, train: int = 24, validation: int = 8, test: int = 8, pixels: int = 160
) -> tuple[Path, Path]:
    """Write ``maps.h5`` and ``scaler.json`` in the layout of the data set's stage; return their paths.

    Each map is a Plummer profile of scale 40/D arcsec; M/L falls from the rim to the centre and grows with age, so that
    mass, age and distance can all be learnt from the light.
    """
    rng = np.random.default_rng(7)
    path = folder / "maps.h5"
    settings = Dataset(camera=Camera(pixels=pixels))
    with h5py.File(path, "w") as file:
        file.attrs.update(format=FORMAT, version=VERSION, settings=settings.model_dump_json())
        for group, n, distances in (
            ("train", train, (10, 25, 50, 75, 100)),
            ("validation", validation, (10, 25, 50, 75, 100)),
            ("test", test, (15, 30, 60, 80)),
        ):
            snapshot = np.arange(n) // len(distances)
            age = (rng.uniform(0.1, 14, n) if group != "test" else 0.5 + snapshot * 12 / n).astype(np.float32)
            distance = np.asarray([distances[i % len(distances)] for i in range(n)], np.float32)
            flux, mass = zip(*(one_map(rng, a, d, pixels) for a, d in zip(age, distance, strict=True)), strict=True)
            arrays = {"flux": np.stack(flux), "mass": np.stack(mass), "age_gyr": age, "distance_kpc": distance}
            arrays |= {"fwhm_arcsec": np.ones(n, np.float32), "snapshot": snapshot}
            arrays = {name: np.zeros(n, TYPES[name]) for name in COLUMNS} | arrays
            for name, values in arrays.items():
                file[f"{group}/{name}"] = values
            file[f"{group}/simulation"].attrs["names"] = ["made up"]
        scaler = Scaler.from_training(
            *((float(file["train"][name][:].mean()), float(file["train"][name][:].std())) for name in ("flux", "mass")),
            file["train/age_gyr"][:],
            file["train/distance_kpc"][:],
            "separate",
        )
    scaler.to_json(folder / "scaler.json")
    return path, folder / "scaler.json"


def one_map(
    rng: np.random.Generator, age_gyr: float, distance_kpc: float, pixels: int
) -> tuple[np.ndarray, np.ndarray]:
    """log10 F and log10 M of one cluster."""
    side = (np.arange(pixels) - pixels / 2 + 0.5) * 40 / pixels
    x0, y0 = rng.uniform(-5, 5, 2)
    radius2 = (side[None, :] - x0) ** 2 + (side[:, None] - y0) ** 2
    scale2 = (400 / distance_kpc) ** 2
    profile = (1 + radius2 / scale2) ** -2
    mass = 3e4 * (1 - 0.05 * age_gyr) * profile / profile.sum()
    light = mass / (0.3 + 0.15 * age_gyr) / (1 + 0.3 * radius2 / scale2) ** 0.3
    flux = light / (4 * np.pi * distance_kpc**2)
    noise = rng.normal(0, 0.02, (2, pixels, pixels))
    return (np.log10(flux) + noise[0]).astype(np.float32), (np.log10(mass) + noise[1]).astype(np.float32)
