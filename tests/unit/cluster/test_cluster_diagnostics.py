"""The diagnostic figure draws a real history and asks for nothing else."""

import numpy as np
import pandas as pd
import pytest

from paper_figures import diagnostics, library
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


def life(n_stars: float, collapse_gyr: float, end_gyr: float) -> pd.DataFrame:
    time = np.linspace(0, end_gyr, 200)
    columns = dict.fromkeys(("mass_msun", "r_half_pc", "r_jacobi_pc", "mass_to_light_v", "n_neutron_star"), 10.0 + time)
    core = np.where(np.abs(time - collapse_gyr) < 0.5, 0.01, 1.0)
    columns |= {"time_gyr": time, "r_core_pc": core, "bound_fraction": 1 - 0.5 * time / 14}
    columns |= {"n_stars": n_stars * columns["bound_fraction"], "n_black_hole": np.maximum(9 - time, 0)}
    return pd.DataFrame(columns)


def test_the_library_in_a_table_and_a_figure():
    histories = {"MW15": life(5e4, 5.0, 14.0), "L00": life(1e6, 20.0, 14.0), "L01": life(2e4, 1.0, 3.1)}
    table = library.table(histories, frozenset({"L00"})).set_index(["cluster", "age_gyr"])
    assert len(table) == 8 + 8 + 4  # the last one dissolves
    middle = 10 ** (13.5 * library.STEP_DEX)  # of the step, 4.47 to 5.01 Gyr, in most of which the core is small
    assert table.loc[("MW15", 14.0), "core_collapse_gyr"] == pytest.approx(middle)
    assert np.isnan(table.loc[("L00", 1.0), "core_collapse_gyr"])
    assert table.loc[("L00", 10.0), "initial_stars"] == 1_000_000
    assert table.loc[("L00", 10.0), "n_stars"] == pytest.approx(1e6 * (1 - 5 / 14), rel=0.01)  # the nearest row
    assert table.loc[("L01", 3.0), "end_gyr"] == 3.1
    assert table["test"].groupby("cluster").first().to_dict() == {"MW15": False, "L00": True, "L01": False}
    drawing = library.draw(histories, frozenset({"L00"}))
    panels = drawing.axes[: len(library.PANELS)]
    assert all(len(axis.lines) >= 3 and axis.get_ylabel() for axis in panels)
    assert panels[0].lines[1].get_linestyle() == "--"
