"""The life of a simulated cluster on one page: what to look at before its maps are trusted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from paper_figures import style

LAGRANGIAN_PERCENT = (1, 5, 10, 25, 50, 75, 90)
TYPES = {
    "n_main_sequence": "main sequence",
    "n_evolved": "evolved",
    "n_white_dwarf": "white dwarfs",
    "n_neutron_star": "neutron stars",
    "n_black_hole": "black holes",
}
BOOKS = {"evolution": "stellar evolution", "heating": "three-body heating"}


def draw(history: Mapping[str, ArrayLike], name: str) -> Figure:
    """Draw mass and number, radii, Lagrangian radii, segregation, types, M/L, energies and energy error against time.

    Parameters
    ----------
    history : mapping of (n,) arrays
        Columns of `history.ecsv` without units (Gyr, pc, Msun, Msun (km/s)²), at least `time_gyr n_stars mass_msun
        r_half_pc r_core_pc r_jacobi_pc r_lagrange_XX_pc mean_mass_inside_msun mean_mass_outside_msun mass_to_light_v
        energy_booked_X energy_kinetic energy_potential energy_error` and the numbers by type.
    name : str
        The simulation, for the title.
    """
    data = {key: np.asarray(values, dtype=np.float64) for key, values in history.items()}
    drawing = style.figure("page", height_ratio=1.0)
    axes = drawing.subplots(4, 2, sharex=True)
    drawing.suptitle(f"{name}: {data['n_stars'][0]:,.0f} stars, $r_h$ = {data['r_half_pc'][0]:.2g} pc at first")
    time = data["time_gyr"]
    _mass(axes[0, 0], time, data)
    _radii(axes[0, 1], time, data)
    _lagrangian(axes[1, 0], time, data)
    _segregation(axes[1, 1], time, data)
    _types(axes[2, 0], time, data)
    axes[2, 1].plot(time, data["mass_to_light_v"])
    axes[2, 1].set_ylabel(r"$M/L_V$ [$M_\odot/L_\odot$]")
    _energies(axes[3, 0], time, data)
    _error(axes[3, 1], time, data)
    for axis in axes[3]:
        axis.set_xlabel("age [Gyr]")
        axis.set_xlim(0, time[-1])
    return drawing


def _mass(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    axis.plot(time, data["mass_msun"] / data["mass_msun"][0], label="mass")
    axis.plot(time, data["n_stars"] / data["n_stars"][0], label="number")
    axis.set_ylabel("share of initial")
    axis.set_ylim(0, 1.02)
    axis.legend()


def _radii(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    for key, label in (("r_jacobi_pc", "Jacobi"), ("r_half_pc", "half-mass"), ("r_core_pc", "core")):
        axis.semilogy(time, data[key], label=label)
    axis.set_ylabel("radius [pc]")
    axis.legend()


def _lagrangian(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    for place, percent in enumerate(LAGRANGIAN_PERCENT):
        shade = 0.8 * (1 - place / (len(LAGRANGIAN_PERCENT) - 1))
        axis.semilogy(time, data[f"r_lagrange_{percent:02d}_pc"], color=str(shade), label=f"{percent} %")
    axis.set_ylabel("Lagrangian radius [pc]")
    axis.legend(ncols=4, fontsize=5, loc="upper right")
    axis.set_ylim(top=10 * data["r_lagrange_90_pc"].max())


def _segregation(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    axis.plot(time, data["mean_mass_inside_msun"], label="inside $r_h$")
    axis.plot(time, data["mean_mass_outside_msun"], label="outside $r_h$")
    axis.set_ylabel(r"mean mass [$M_\odot$]")
    axis.legend()


def _types(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    for key, label in TYPES.items():
        if data[key].any():
            axis.semilogy(time, np.where(data[key] > 0, data[key], np.nan), label=label)
    axis.set_ylabel("number")
    axis.legend(fontsize=5)


def _energies(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    scale = abs(data["energy_kinetic"][0] + data["energy_potential"][0])
    for key, label in BOOKS.items():
        axis.plot(time, data[f"energy_booked_{key}"] / scale, label=label)
    # What a kick gives, the star takes away when it escapes at once: only the sum says something.
    gone = data["energy_booked_escape"] + data["energy_booked_kicks"]
    axis.plot(time, gone / scale, label="escape and kicks")
    axis.plot(time, (data["energy_kinetic"] + data["energy_potential"]) / scale, "k:", label="energy of the cluster")
    axis.set_ylabel(r"energy / $|E_0|$")
    axis.legend(fontsize=5)


def _error(axis: Axes, time: Any, data: Mapping[str, Any]) -> None:
    error = np.abs(data["energy_error"])
    axis.semilogy(time, np.maximum(error, 1e-16))
    axis.axhline(2e-3, color="0.6", ls="--", lw=0.6)
    axis.set_ylabel(r"$|\Delta E / E_0|$ not booked")
