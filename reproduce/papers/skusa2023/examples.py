"""Maps that figures show and no fit needs: the stage `examples`, ``examples.h5``."""

from pathlib import Path

import h5py
import numpy as np

from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.methods import Trained
from reproduce.papers.skusa2023.networks import adversary, deconvolution
from reproduce.workflow.files import whole

FILE = "examples.h5"
ASKED = (3.0, 7.0)  # M/L of Figure 3.1


def write(trained: Trained, folder: Path) -> dict[str, float]:
    """Predictions without the mask and images of the GAN.

    Parameters
    ----------
    trained : Trained
    folder : Path
        Receives ``examples.h5``: ``unmasked/h2`` (2, orbits, apertures), a network without the mask at M/L 3 and 7,
        and so on; ``gan/h1`` (2, orbits, apertures), the draw nearest to any model ("best-looking images", thesis
        Sect. 5.4) and the first one, and so on; ``gan_unmasked`` the same without the mask.

    Returns
    -------
    dict
        ``unmasked_change_percent_h2``: relative L2 difference of the two predictions without the mask, and
        ``model_change_percent_h2`` that of the models; ``gan_nearest_error_percent_h1`` and so on, of the nearest draw
        from its model; ``gan_spread_percent_h1``, relative scatter of the draws.
    """
    values, metrics = models.ratios(trained.sets), {}
    rows = np.array([np.argmin(np.abs(values - asked)) for asked in ASKED])
    shape = deconvolution.size(trained.source)
    settings = trained.gan_settings
    with whole(folder / FILE) as partial, h5py.File(partial, "w") as file:
        for m in trained.train.unmasked:
            network = deconvolution.Network(trained.train.losses[0], trained.sets.strides[0], m, mask=False)
            maps = deconvolution.predict(network, trained.train.activation, shape, trained.dcnn, values[rows])
            true = models.read(trained.source, rows, (m,))[..., 0]
            file[f"unmasked/h{m}"], file[f"unmasked_models/h{m}"] = maps, true
            metrics[f"unmasked_change_percent_h{m}"] = _percent(maps[1] - maps[0], maps[1])
            metrics[f"model_change_percent_h{m}"] = _percent(true[1] - true[0], true[1])
        for one in adversary.networks(settings):
            if one.stride != settings.strides[0]:
                continue
            drawn = adversary.draws(one, trained.source, settings, trained.sets, trained.gan, settings.draws)
            true = models.read(trained.source, None, (one.h,))[..., 0]
            distances = [[np.linalg.norm(draw - model) for model in true] for draw in drawn]
            best, nearest = np.unravel_index(np.argmin(distances), (len(drawn), len(true)))
            group = "gan" if one.mask else "gan_unmasked"
            file[f"{group}/h{one.h}"] = np.stack([drawn[best], drawn[0]])
            file[f"{group}_models/h{one.h}"] = true[nearest]
            if one.mask:
                metrics[f"gan_nearest_error_percent_h{one.h}"] = _percent(drawn[best] - true[nearest], true[nearest])
                metrics[f"gan_spread_percent_h{one.h}"] = _percent(drawn - drawn.mean(axis=0), drawn)
    return metrics


def _percent(difference: np.ndarray, whole_: np.ndarray) -> float:
    return 100 * float(np.linalg.norm(difference) / max(float(np.linalg.norm(whole_)), 1e-30))
