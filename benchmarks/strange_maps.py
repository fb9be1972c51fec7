"""Which share of the strange maps of every kind the domain score calls outside, and which of the good ones.

    python -m benchmarks.strange_maps outputs/chardin2021/simulate/KEY outputs/chardin2021/dataset/KEY
        outputs/chardin2021/train/KEY [--calibration FILE] [--maps 60] [--profile laptop] [--table scores.csv]

Good maps are of the cluster that no network has seen. Without `--calibration` the networks are calibrated first, as the
stage `calibrate` does. Then the shares of the same maps for which a line tells that they contradict the true distance,
were it given. `python -m reproduce domain` gives the first table too, from nothing.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from reproduce.papers.chardin2021.evaluation import out_of_domain
from reproduce.papers.chardin2021.evaluation.calibration import FILE, Calibration, calibrate
from reproduce.papers.chardin2021.networks.prediction import load
from reproduce.papers.chardin2021.settings import PROFILES


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("simulations", "dataset", "networks"):
        parser.add_argument(name, type=Path, help=f"folder of the {name}")
    parser.add_argument("--calibration", type=Path, help="calibration.h5 of these networks")
    parser.add_argument("--maps", type=int, default=60, help="of each kind")
    parser.add_argument("--profile", default="laptop")
    parser.add_argument("--table", type=Path, help="write every map's score here")
    given = parser.parse_args()
    settings = PROFILES.load(given.profile)
    scaler = given.dataset / "scaler.json"
    with tempfile.TemporaryDirectory() as folder:
        if given.calibration is None:
            calibrate(given.dataset / "maps.h5", given.networks, scaler, Path(folder))
        calibration = Calibration.load(given.calibration or Path(folder) / FILE)
    table = out_of_domain.scores(
        given.simulations / settings.dataset.test_models[0] / "snapshots.h5",
        load(given.networks, scaler),
        calibration,
        settings.dataset,
        given.maps,
        settings.evaluate.seed,
    )
    if given.table:
        table.to_csv(given.table, index=False, lineterminator="\n")
    print(f"{'':36s}{'':8s}{'maps':>6s}{'outside [%]':>13s}{'contradict the distance [%]':>29s}")
    for (case, group), rows in table.groupby(["case", "group"], sort=False):
        shares = [100 * np.mean(rows[name]) for name in ("outside", "contradicts")]
        print(f"{case:36s}{group:8s}{len(rows):6d}{shares[0]:13.0f}{shares[1]:29.0f}")


if __name__ == "__main__":
    main()
