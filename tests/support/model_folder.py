"""A small folder of untrained networks, calibrated on made-up maps: all that `PiDoc.load` reads, made in seconds."""

from pathlib import Path

from reproduce.learning.weights import save_weights, weights_file
from reproduce.papers.chardin2021.evaluation.calibration import calibrate
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture
from reproduce.papers.chardin2021.settings import Train
from tests.support.network_maps import write_maps


def write_model_folder(folder: Path, members: int = 2) -> Path:
    """Write ``architecture.json``, the weights, ``scaler.json`` and ``calibration.h5`` into a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    maps, scaler = write_maps(folder)
    settings = Train(architecture="compact", width=0.25, regressor_width=0.25, members=members)
    architecture = Architecture.of(settings, 160, scaler)
    architecture.save(folder)
    for network in NETWORKS:
        for member in range(members):
            save_weights(architecture.build(network, member + 1), weights_file(folder, network, member))
    calibrate(maps, folder, scaler, folder)
    maps.unlink()
    return folder
