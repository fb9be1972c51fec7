"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

import numpy as np

from reproduce.papers.chardin2021.trained_model.estimates import none_if_nan
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow import served_model

NOT_KNOWN = -99.0
NAMES = ("metallicity_error", "seeing_arcsec", "seeing_error_arcsec")


def answer(networks, maps, params):
    """Estimates of maps (n, ny, nx) of log10(F / (Lsun kpc^-2)).

    The parameter ``distance_kpc`` is the clusters' distance, for luminosity and M/L, and to compare with the predicted
    ones, and ``distance_error_kpc`` its standard deviation; 0: not known. Networks that are told what is known see
    both, and take ``metallicity`` ([Fe/H]; -99: not known), ``metallicity_error``, ``seeing_arcsec`` and
    ``seeing_error_arcsec`` (0: not known). The answer holds the columns of `Estimates`, each a list of length n, with
    null where there is no interval; ``notes``, a list of texts for each map; and the maps ``mass``, log10(M / Msun).
    """
    known = {name: params.get(name) or None for name in ("distance_kpc", "distance_error_kpc")}
    known |= {name: params[name] for name in NAMES if params.get(name)}
    if params.get("metallicity", NOT_KNOWN) != NOT_KNOWN:
        known["metallicity"] = params["metallicity"]
    estimates = networks.predict(np.asarray(maps, dtype=np.float32), **known)
    columns = {str(name): [none_if_nan(value) for value in estimates.table[name].tolist()] for name in estimates.table}
    return {**columns, "notes": [list(notes) for notes in estimates.notes], "mass": estimates.mass.tolist()}


served_model.serve(PiDoc.load, answer)
