"""The paper's only figure, from the numbers that it is handed."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style


def draw(distance_mpc: NDArray, velocity_kms: NDArray, slope_kms_per_mpc: float) -> Figure:
    """Velocities against distances, with the line through the origin."""
    figure, axes = plt.subplots(figsize=(style.COLUMN_INCH, 0.8 * style.COLUMN_INCH), layout="constrained")
    axes.scatter(distance_mpc, velocity_kms, s=8, color=style.BLACK)
    ends = np.array([0, distance_mpc.max()])
    axes.plot(ends, slope_kms_per_mpc * ends, color=style.BLUE)
    axes.set(xlabel="distance [Mpc]", ylabel=r"velocity [km s$^{-1}$]")
    return figure
