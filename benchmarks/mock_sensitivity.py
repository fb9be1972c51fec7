"""How the four published numbers move with the choices that the paper leaves open.

    python -m benchmarks.mock_sensitivity FOLDER [MAPS]

FOLDER holds NAME/snapshots.h5 of the training simulations. The same maps (the first of the training set) are drawn with
each choice; the table gives mean and standard deviation of log10 F and log10 M over their pixels.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import data_manifests
from reproduce.cluster.snapshot import Snapshot, SnapshotFile
from reproduce.papers.chardin2021.dataset import selection
from reproduce.papers.chardin2021.dataset.data_card import PUBLISHED
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.camera import Stars
from reproduce.sky.maps import render
from reproduce.sky.settings import Camera
from reproduce.stars.photometry import V

Variant = tuple[str, Callable[[Snapshot], Stars], Camera]


def variants() -> list[Variant]:
    """Choices, each against the first."""
    paper = Camera()
    # a zero point of 4.65 in place of 4.75 is a Sun that is fainter by 0.1 mag in the band's units
    brighter = replace(V, solar_magnitude=V.solar_magnitude + 0.1)
    endless = replace(V, range_k=(100.0, 1e7))
    return [
        ("as it is", Stars.of, paper),
        ("zero point 4.65: Reed's own BC of the Sun", lambda s: Stars.of(s, brighter), paper),
        ("Reed's quartic at every temperature", lambda s: Stars.of(s, endless), paper),
        ("bolometric light", bolometric, paper),
        ("stars within 15 pc of the centre only", lambda s: Stars.of(within(s, 15.0)), paper),
        ("smoothing by 3 px", Stars.of, Camera(smoothing_pixels=3)),
        ("smoothing by 5 px", Stars.of, Camera(smoothing_pixels=5)),
        ("Gaussian PSF", Stars.of, Camera(psf="gaussian")),
        ("Moffat β of 4", Stars.of, Camera(moffat_beta=4)),
    ]


def main() -> None:
    """Print a table of Markdown."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 400
    dataset = Dataset(train=count, validation=2, test_snapshots=1)
    names = selection.simulations(dataset)
    files = {name: SnapshotFile(folder / name / "snapshots.h5") for name in names}
    items = selection.select(dataset, {name: len(file) for name, file in files.items()})["train"]
    choices = variants()
    images: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name, *_ in choices}
    simulation, ages = items["simulation"], np.empty(count)
    for number, item in enumerate(items):
        snapshot = files[names[item["simulation"]]].read(int(item["snapshot"]))
        ages[number] = snapshot.age_gyr
        for name, stars, camera in choices:
            maps = render(stars(snapshot), camera, selection.view(dataset, "train", number, item))
            images[name].append((maps.flux, maps.mass))
    print("| choice | mean log F | std log F | mean log M | std log M |\n|---|---|---|---|---|")
    known = data_manifests.load("chardin2021/published")
    print(f"| published | {' | '.join(format(known[name]['value'], '.3f') for name in PUBLISHED)} |")
    for name, pairs in images.items():
        line(name, pairs, np.ones(count, bool))
    reference = images[choices[0][0]]
    for k, name in enumerate(dataset.train_models):
        line(f"{name} alone", reference, simulation == k)
    for low, high in ((0, 1), (1, 5), (5, 14.1)):
        line(f"ages of {low:g} to {min(high, 14):g} Gyr alone", reference, (ages >= low) & (ages < high))


def line(name: str, pairs: list[tuple[np.ndarray, np.ndarray]], chosen: np.ndarray) -> None:
    """Print one line of the table."""
    flux, mass = (np.stack([pair[k] for pair, use in zip(pairs, chosen, strict=True) if use]) for k in (0, 1))
    numbers = [getattr(images, kind)(dtype=np.float64) for images in (flux, mass) for kind in ("mean", "std")]
    print(f"| {name} ({np.count_nonzero(chosen)} maps) | {' | '.join(format(number, '.3f') for number in numbers)} |")


def bolometric(snapshot: Snapshot) -> Stars:
    """All light in place of that in V."""
    stars = Stars.of(snapshot)
    return replace(stars, luminosity_lsun=np.where(stars.luminosity_lsun > 0, snapshot.luminosity_lsun, 0.0))


def within(snapshot: Snapshot, radius_pc: float) -> Snapshot:
    """The stars inside a radius."""
    inside = np.linalg.norm(snapshot.position_pc, axis=1) < radius_pc
    columns = (
        "position_pc",
        "velocity_kms",
        "mass_msun",
        "luminosity_lsun",
        "temperature_k",
        "radius_rsun",
        "stellar_type",
    )
    return replace(snapshot, **{name: getattr(snapshot, name)[inside] for name in columns})


if __name__ == "__main__":
    main()
