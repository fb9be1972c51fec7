"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

import numpy as np

from reproduce.papers.magron2026.networks.model import MultiPiDoc
from reproduce.papers.magron2026.observed import answers_table
from reproduce.workflow import served_model


def answer(networks, images, params):
    """Columns of `observed.answers_table`, each a list of length n, of images (n, 3, ny, nx) [electrons/s].

    The parameters ``distance_kpc`` and ``distance_error_kpc`` are the distance of all and its standard deviation [kpc];
    0: not known.
    """
    told = (params.get(name) or None for name in ("distance_kpc", "distance_error_kpc"))
    table = answers_table(networks.predict(np.asarray(images, dtype=np.float32), *told))
    return {name: np.asarray(table[name]).tolist() for name in table.colnames}


served_model.serve(MultiPiDoc.load, answer)
