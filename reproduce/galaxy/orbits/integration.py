"""Orbits in a tabulated potential: the 8th-order Runge-Kutta method of Dormand and Prince, with dense output.

Coefficients are those of SciPy's DOP853 (Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, sections
II.5 and II.6); steps are chosen by its two embedded errors. Positions in pc, velocities in km/s, time in pc/(km/s).
"""

import numpy as np
from numba import njit
from scipy.integrate import DOP853

from reproduce.galaxy.orbits.force_table import acceleration

# Whole arrays, not SciPy's views: numba keeps compiled code on disk only for those.
A, B, D, A_EXTRA = (np.array(table, order="C") for table in (DOP853.A, DOP853.B, DOP853.D, DOP853.A_EXTRA))
E3, E5 = np.array(DOP853.E3), np.array(DOP853.E5)
STAGES, EXTENDED = 12, 16
SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0


@njit(cache=True)
def derivative(table, state, out):
    """Write d(state)/dt to `out` and return the potential; state: x, y, z, vx, vy, vz."""
    phi, ax, ay, az = acceleration(table, state[0], state[1], state[2])
    out[0], out[1], out[2] = state[3], state[4], state[5]
    out[3], out[4], out[5] = ax, ay, az
    return phi


@njit(cache=True)
def _stage(state, slopes, weights, n, h, out):
    for k in range(6):
        total = 0.0
        for j in range(n):
            total += weights[j] * slopes[j, k]
        out[k] = state[k] + h * total


@njit(cache=True)
def step(table, state, slopes, h, scale, new):
    """One step of length h.

    `slopes` (16, 6): row 0 holds the derivative at `state`; rows up to 12 are filled, the last with the derivative at
    the end. `scale` (6,): error allowed in each component. `new` receives the end.

    Returns
    -------
    tuple of float
        Error in units of `scale` (a step is good below 1), and the potential at the end.
    """
    for i in range(1, STAGES):
        _stage(state, slopes, A[i], i, h, new)
        derivative(table, new, slopes[i])
    _stage(state, slopes, B, STAGES, h, new)
    phi = derivative(table, new, slopes[STAGES])
    error5 = error3 = 0.0
    for k in range(6):
        five = three = 0.0
        for j in range(STAGES + 1):
            five += E5[j] * slopes[j, k]
            three += E3[j] * slopes[j, k]
        error5 += (five / scale[k]) ** 2
        error3 += (three / scale[k]) ** 2
    if error5 == 0.0:
        return 0.0, phi
    return abs(h) * error5 / np.sqrt((error5 + 0.01 * error3) * 6.0), phi


@njit(cache=True)
def dense_polynomial(table, state, new, slopes, h, work, dense):
    """Fill `dense` (7, 6), the interpolating polynomial of the step from `state` to `new`."""
    for i in range(3):
        _stage(state, slopes, A_EXTRA[i], STAGES + 1 + i, h, work)
        derivative(table, work, slopes[STAGES + 1 + i])
    for k in range(6):
        change = new[k] - state[k]
        dense[0, k] = change
        dense[1, k] = h * slopes[0, k] - change
        dense[2, k] = 2.0 * change - h * (slopes[STAGES, k] + slopes[0, k])
        for i in range(4):
            total = 0.0
            for j in range(EXTENDED):
                total += D[i, j] * slopes[j, k]
            dense[3 + i, k] = h * total


@njit(cache=True)
def evaluate_dense(state, dense, fraction, out):
    """State at a fraction (0 to 1) of the step."""
    for k in range(6):
        value = 0.0
        for i in range(6, -1, -1):
            value = (value + dense[i, k]) * (fraction if i % 2 == 0 else 1.0 - fraction)
        out[k] = state[k] + value


@njit(cache=True)
def integrate(table, start, duration, tolerance, samples):
    """Follow one orbit and fill `samples`, evenly spaced in time.

    Parameters
    ----------
    table : ForceTable
    start : array of shape (6,)
    duration : float
        Time in pc/(km/s); the first sample is the start, the last one interval before the end.
    tolerance : float
        Local error a step, relative to the orbit's size and to its speed at the deepest point met so far.
    samples : array of shape (n, 6)
        Filled with the states.

    Returns
    -------
    tuple
        Largest relative error of the energy at the ends of steps, and the number of steps (negative: it gave up).
    """
    n_samples = samples.shape[0]
    interval = duration / n_samples
    state, new, work = start.copy(), np.empty(6), np.empty(6)
    slopes, dense, scale = np.zeros((EXTENDED, 6)), np.empty((7, 6)), np.empty(6)
    phi = derivative(table, state, slopes[0])
    energy = phi + 0.5 * (state[3] ** 2 + state[4] ** 2 + state[5] ** 2)
    size = np.sqrt(state[0] ** 2 + state[1] ** 2 + state[2] ** 2)
    pull = np.sqrt(slopes[0, 3] ** 2 + slopes[0, 4] ** 2 + slopes[0, 5] ** 2)
    speed = np.sqrt(size * pull)
    h = 0.02 * size / speed
    time, k, n_steps, worst = 0.0, 0, 0, 0.0
    while k < n_samples:
        size = max(size, np.sqrt(state[0] ** 2 + state[1] ** 2 + state[2] ** 2))
        speed = max(speed, np.sqrt(state[3] ** 2 + state[4] ** 2 + state[5] ** 2))
        scale[:3], scale[3:] = tolerance * size, tolerance * speed
        error, phi = step(table, state, slopes, h, scale, new)
        n_steps += 1
        if n_steps > 400 * n_samples or not np.isfinite(error):
            return worst, -n_steps
        if error > 1.0:
            h *= max(SHRINK, SAFETY * error**-0.125)
            continue
        if time + h > k * interval:
            dense_polynomial(table, state, new, slopes, h, work, dense)
            while k < n_samples and k * interval < time + h:
                evaluate_dense(state, dense, (k * interval - time) / h, samples[k])
                k += 1
        time += h
        worst = max(worst, abs(1.0 - (phi + 0.5 * (new[3] ** 2 + new[4] ** 2 + new[5] ** 2)) / energy))
        state[:], slopes[0] = new, slopes[STAGES]
        h *= GROW if error == 0.0 else min(GROW, SAFETY * error**-0.125)
    return worst, n_steps
