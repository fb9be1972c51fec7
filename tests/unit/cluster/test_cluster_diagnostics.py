"""The diagnostic figure draws a real history and asks for nothing else."""

import numpy as np

from paper_figures import diagnostics
from reproduce.cluster.history import BOOKS, LAGRANGIAN_PERCENT, TYPES


def test_every_quantity_is_drawn():
    time = np.linspace(0, 14, 30)
    names = ["n_stars", "mass_msun", "r_half_pc", "r_core_pc", "r_jacobi_pc", "mean_mass_inside_msun"]
    names += ["mean_mass_outside_msun", "mass_to_light_v", "energy_error", "energy_kinetic", "energy_potential"]
    names += [f"energy_booked_{name}" for name in BOOKS] + [f"n_{name}" for name in TYPES]
    names += [f"r_lagrange_{percent:02d}_pc" for percent in LAGRANGIAN_PERCENT]
    history = {name: 1 + np.cos(time + i) for i, name in enumerate(names)} | {"time_gyr": time}
    drawing = diagnostics.draw(history, "MW15")
    assert len(drawing.axes) == 8
    assert all(axis.lines and axis.get_ylabel() for axis in drawing.axes)
    assert [len(axis.lines) for axis in drawing.axes] == [2, 3, 7, 2, 5, 1, 4, 2]
