"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

import numpy as np

from reproduce.papers.magron2026.networks.model import MultiPiDoc
from reproduce.papers.magron2026.observed import answers_table
from reproduce.workflow import served_model


def answer(networks, images, params):
    """Columns of `observed.answers_table`, each a list of length n, of images (n, 3, ny, nx) [electrons/s].

    The parameter ``distance_kpc`` is the distance of all [kpc]; 0: not known.
    """
    table = answers_table(networks.predict(np.asarray(images, dtype=np.float32), params.get("distance_kpc") or None))
    return {name: np.asarray(table[name]).tolist() for name in table.colnames}


served_model.serve(MultiPiDoc.load, answer)
