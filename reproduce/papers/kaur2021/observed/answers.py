"""What the networks of sets say of one observed galaxy: the same numbers and warnings for a command and a server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reproduce.papers.kaur2021.observed.masses import NEAR_EDGE, dispersion, tracer
from reproduce.papers.kaur2021.sets.clusters import Seen, checked
from reproduce.papers.kaur2021.sets.levels import CorrectedModel
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

SHARES = np.arange(1, 100) / 100  # of the quantiles that a server tells of a posterior


def answer(model: CorrectedModel, seen: Seen, name: str, told: Sequence[str] = ()) -> dict[str, Any]:
    """The numbers of one galaxy, by the names that they have in files.

    Parameters
    ----------
    model : CorrectedModel
    seen : Seen
        Its clusters.
    name : str
        For errors.
    told : sequence of str
        Warnings of before, which come first.

    Returns
    -------
    dict
        ``clusters``; ``mass_msun``, the posterior's median, and the ends of its intervals, ``low_68_msun`` and so on;
        ``prior_msun``; ``domain``, ``in_domain``; ``sigma_kms``, ``median_kpc``, ``tracer_msun``; ``quantiles_msun``,
        those of the posterior at 1 to 99 %; ``warnings``.

    Raises
    ------
    InputError
        If there are too few clusters, or their velocities are all alike.
    """
    architecture = model.architecture
    if len(seen) < architecture.fewest:
        raise InputError(f"{name}: {len(seen)} clusters with a velocity, expected {architecture.fewest} at least")
    if np.ptp(seen.velocity_kms) == 0:
        raise InputError(f"{name}: all velocities are {seen.velocity_kms[0]:g} km/s; expected velocities of clusters")
    masses = model.predict([seen])
    low, high = masses.intervals_msun()
    ends, domain = architecture.ends_msun, float(masses.domain[0])
    warnings = list(told)
    if domain > 1:
        warnings.append(
            f"domain {domain:.2f} is above 1: no training galaxy looks like this one; the mass and its intervals mean "
            "little. Are the distance, the units and the centre right?"
        )
    margin = NEAR_EDGE * (ends[1] - ends[0])
    if low[1, 0] < ends[0] + margin or high[1, 0] > ends[1] - margin:
        warnings.append(
            f"the interval reaches the end of what the networks know, {ends[0]:.2g} to {ends[1]:.2g} Msun: the mass "
            "may lie beyond"
        )
    if len(seen) > architecture.size:
        warnings.append(f"the networks see {architecture.size} clusters at once: the answer averages draws of them")
    return {
        "clusters": len(seen),
        "mass_msun": float(masses.median_msun()[0]),
        "low_68_msun": float(low[0, 0]),
        "high_68_msun": float(high[0, 0]),
        "low_95_msun": float(low[1, 0]),
        "high_95_msun": float(high[1, 0]),
        "prior_msun": list(ends),
        "domain": domain,
        "in_domain": domain <= 1,
        "sigma_kms": dispersion(seen),
        "median_kpc": float(np.median(np.hypot(seen.x_kpc, seen.y_kpc))),
        "tracer_msun": tracer(seen),
        "quantiles_msun": masses.quantiles_msun(SHARES)[:, 0].tolist(),
        "warnings": warnings,
    }


def answers(model: CorrectedModel, clusters: "DataFrame") -> list[dict[str, Any]]:
    """Answers for all galaxies of one table of clusters, in the order of their first clusters.

    Parameters
    ----------
    model : CorrectedModel
    clusters : DataFrame
        ``x_kpc``, ``y_kpc`` about the galaxy's centre, ``velocity`` [km/s]; and, where they are known, ``error`` [km/s]
        and ``galaxy``, a name. Without errors velocities are exact; without names all clusters belong to one galaxy.

    Returns
    -------
    list of dict
        ``galaxy`` and what `answer` gives.

    Raises
    ------
    InputError
        As `answer`, and if a place, a velocity or an error is no finite number.
    """
    exact = "error" not in clusters or clusters["error"].isna().all()
    told = ["no column error: velocities are taken as exact"] if exact else []
    names = clusters["galaxy"].fillna("galaxy") if "galaxy" in clusters else ["galaxy"] * len(clusters)
    found = []
    for name, own in clusters.groupby(names, sort=False):
        error = 0.0 if exact else own["error"]
        seen = checked(own["x_kpc"], own["y_kpc"], own["velocity"], error, str(name))
        found.append({"galaxy": str(name), **answer(model, seen, str(name), told)})
    return found
