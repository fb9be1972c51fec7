"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

import numpy as np

from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow import served_model


def answer(networks, maps, params):
    """Estimates of maps (n, ny, nx) of log10(F / (Lsun kpc^-2)).

    The parameter ``distance_kpc`` is the clusters' distance, for luminosity and M/L; 0: not known. The answer holds the
    maps ``mass``, log10(M / Msun), and the columns of `Estimates`, each a list of length n.
    """
    estimates = networks.predict(np.asarray(maps, dtype=np.float32), params.get("distance_kpc") or None)
    columns = {str(name): list(estimates.table[name].tolist()) for name in estimates.table}
    return {"mass": estimates.mass.tolist(), **columns}


served_model.serve(PiDoc.load, answer)
