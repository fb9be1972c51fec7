"""From bolometric luminosity to light in the V band, as in Sect. 2.2 of the paper."""

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

NEUTRON_STAR = 13  # this SSE type and the next (black hole, nothing) are dark

# Reed (1998, JRASC 92, 36): bolometric correction in x = log10 T_eff - 4, constant term first.
REED = Polynomial([-0.438, -3.901, -8.131, 13.421, -8.499])
REED_RANGE_K = (3_000.0, 50_000.0)

# M_bol = 4.75 - 2.5 log10 L (NBODY6's zero point) and M_V of the Sun = 4.83. With these the maps' mean flux agrees with
# the authors' to 0.03 dex; the relation's own BC(5772 K) = -0.180 would make them 0.04 dex brighter.
ZERO_POINT_MAG = 4.83 - 4.75


def v_luminosity(
    luminosity_lsun: NDArray, temperature_k: NDArray, stellar_type: NDArray[np.integer]
) -> NDArray[np.float32]:
    """V-band luminosity of stars in units of the Sun's.

    L_V = L · 10^(0.4 (BC + 0.08)). Outside 3,000-50,000 K, where the fit's quartic runs away, the correction is that of
    the nearer end; this concerns cool dwarfs and hot or cold white dwarfs. Neutron stars and black holes emit nothing.

    Parameters
    ----------
    luminosity_lsun, temperature_k, stellar_type : (n,)
        Bolometric luminosity [Lsun], effective temperature [K], SSE type.

    Returns
    -------
    (n,) float32
        V-band luminosity [Lsun,V].
    """
    x = np.log10(np.clip(temperature_k, *REED_RANGE_K)) - 4.0
    light = luminosity_lsun * 10 ** (0.4 * (REED(x) + ZERO_POINT_MAG))
    return np.where(np.asarray(stellar_type) < NEUTRON_STAR, light, 0.0).astype(np.float32)
