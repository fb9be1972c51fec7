"""What was asked beside what came out."""

import math
from collections.abc import Mapping

import pandas as pd

AIMS = (
    ("error of log mass [dex]", "m31.given.mass.scatter", 0.10),
    ("R² of the mass map", "m31.mass_map.r2", 0.85),
    ("light of the denoised cluster, F336W, bias", "m31.light.F336W_bias", 0.05),
    ("light of the denoised cluster, F475W, bias", "m31.light.F475W_bias", 0.05),
    ("light of the denoised cluster, F814W, bias", "m31.light.F814W_bias", 0.05),
    ("error of age below 3 Gyr [dex]", "m31.given.age.young_dex_scatter", 0.15),
    ("error of age from 3 Gyr [Gyr]", "m31.given.age.old_gyr_scatter", 2.5),
    ("error of [Fe/H] [dex]", "m31.given.feh.scatter", 0.3),
    ("error of ellipticity, e > 0.1", "m31.given.ellipticity.flat_scatter", 0.05),
    ("error of the angle, e > 0.15 [deg]", "m31.given.angle.scatter", 12.0),
    ("largest bias of log mass, backgrounds x 0.25 to 8 [dex]", "strength.worst_mass_bias", 0.05),
)
AT_LEAST = ("m31.mass_map.r2",)
COVERAGES = {68: 5.0, 95: 3.0}
SCALARS = ("age", "feh", "mass", "luminosity", "e_cos", "e_sin")


def aims(metrics: Mapping[str, float]) -> pd.DataFrame:
    """Every aim, what came out, and whether it is reached; empty where nothing was measured.

    An error is bias and scatter in quadrature: an answer that is always wrong by as much does not scatter.

    Parameters
    ----------
    metrics : mapping
        Flat numbers of the stage `evaluate`.
    """
    rows = []
    for words, name, limit in AIMS:
        value = _error(metrics, name)
        better = name in AT_LEAST
        reached = value is not None and (value >= limit if better else abs(value) <= limit)
        rows.append({"aim": words, "metric": name, "asked": limit, "ours": value, "reached": reached})
    for level, within in COVERAGES.items():
        for scalar in SCALARS:
            name = f"m31.given.{scalar}.coverage_{level}"
            value = metrics.get(name)
            reached = value is not None and abs(value - level) <= within
            rows.append({"aim": f"{level} ± {within:g} % of {scalar} inside [%]", "metric": name, "asked": level,
                         "ours": value, "reached": reached})  # fmt: skip
    return pd.DataFrame(rows)


def _error(metrics: Mapping[str, float], name: str) -> float | None:
    """A number; of a scatter the root of the sum of its square and that of the bias beside it."""
    if not name.endswith("scatter"):
        return metrics.get(name)
    scatter, bias = metrics.get(name), metrics.get(f"{name.removesuffix('scatter')}bias")
    return None if scatter is None or bias is None else math.hypot(scatter, bias)
