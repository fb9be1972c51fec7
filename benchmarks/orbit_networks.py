"""The thesis's deconvolutional network on the library that DYNAMITE made for NGC 6278.

    python -m benchmarks.orbit_networks table.jsonl --loss l1_error --stride 4 --h 1 --activation linear

Trains one network as published (20 epochs, rate 0.01, two maps a batch) on every so manieth of 161 models and adds one
line of JSON: relative L2 error of its maps over all models, that of the mean map, seconds of the training. A blank map
has an error of 1. One core takes 0.1 s for a map.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from reproduce.learning.fitting import fit
from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.dynamite import distance, reference
from reproduce.papers.skusa2023.networks import deconvolution
from reproduce.papers.skusa2023.settings import LOSSES, Models, Train


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--dynamite", type=Path, default=Path("../shared/data/ngc6278"), help="a folder of its files")
    parser.add_argument("--loss", choices=LOSSES, default="l1_error")
    parser.add_argument("--stride", type=int, choices=Models().strides, default=4)
    parser.add_argument("--h", type=int, choices=models.COEFFICIENTS, default=1)
    parser.add_argument("--activation", choices=("linear", "relu"), default="linear")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--unmasked", action="store_true")
    given = parser.parse_args()
    theirs, sets = reference(given.dynamite), Models()
    train = Train(activation=given.activation, epochs=given.epochs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, masses = folder / models.FILE, (theirs.intrinsic, theirs.projected)
        metrics = models.write(sets, theirs.library, theirs.kinematics, masses, source, lambda fraction, text: None)
        network = deconvolution.Network(given.loss, given.stride, given.h, mask=not given.unmasked)
        deconvolution.write_sets(source, sets, folder, [given.stride])
        began = time.perf_counter()
        history = fit(deconvolution.task(network, source, train, sets, folder, folder, 1))
        seconds = time.perf_counter() - began
        true = models.read(source, None, (given.h,))[..., 0]
        shape, values = deconvolution.size(source), models.ratios(sets)
        found = deconvolution.predict(network, given.activation, shape, folder, values)
    row = {
        "loss": given.loss,
        "activation": given.activation,
        "mask": network.mask,
        "h": given.h,
        "models": len(models.members(sets, given.stride)),
        "epochs": given.epochs,
        "error": distance(found, true),
        "mean_map_error": metrics[f"mean_map_error_h{given.h}"],
        "last_loss": history[-1]["loss"],
        "seconds": round(seconds),
    }
    with given.table.open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    print(json.dumps(row))


if __name__ == "__main__":
    main()
