"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

import numpy as np

from reproduce.papers.bialopetravicius2019.networks.model import ResNet
from reproduce.papers.bialopetravicius2019.observed import answers_table
from reproduce.workflow import served_model


def answer(networks, images, params):
    """Columns of `observed.answers_table`, each a list of length n, of images (n, 3, 80, 80) [electrons/s]."""
    table = answers_table(networks, np.asarray(images, dtype=np.float32))
    return {name: np.asarray(table[name]).tolist() for name in table.colnames}


served_model.serve(ResNet.load, answer)
