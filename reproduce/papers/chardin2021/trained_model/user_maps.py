"""Flux maps and distances as users hand them over: units, masks, and values that can be true."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduce.workflow.errors import InputError

PLAUSIBLE_LOG_FLUX = (-40.0, 4.0)
"""log10 F of a pixel [Lsun kpc^-2]: the floor of the mock maps is -12, the Sun at 1 pc has 4.9."""
LARGEST_MASKED = 0.1
"""Largest fraction of a map that is filled from its neighbours."""
LARGEST_DISTANCE_KPC = 1e6
FILL_SIGMA_PIXELS = 2.0
"""Of the Gaussian weights with which a masked pixel is filled; they reach 8 pixels far."""


def flux_maps(flux: Any) -> NDArray:
    """Flux maps as the networks take them.

    Parameters
    ----------
    flux : array, shape (n, ny, nx) or (ny, nx)
        log10(F / (Lsun kpc^-2)); or an astropy quantity in ``dex(Lsun / kpc2)`` or, linear, in ``Lsun / kpc2``. The
        masked pixels of a masked array are filled from their neighbours, up to a tenth of a map.

    Returns
    -------
    array, shape (n, ny, nx)
        log10(F / (Lsun kpc^-2)). NaN stays NaN.

    Raises
    ------
    InputError
        If these are no numbers, of another unit, outside `PLAUSIBLE_LOG_FLUX`, or too many are masked.
    """
    if isinstance(flux, list | tuple) and any(isinstance(one, np.ma.MaskedArray) for one in flux):
        flux = np.ma.stack(flux)  # NumPy makes plain arrays of lists of masked ones
    mask = _mask(flux)
    try:
        maps = np.asarray(_without_unit(getattr(flux, "unmasked", flux)))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("flux maps: expected maps of one shape, found several; resample them") from None
    if maps.dtype.kind not in "fiu":
        raise InputError(f"flux maps: expected real numbers, found {maps.dtype}; give log10(F / (Lsun kpc^-2))")
    if maps.ndim not in (2, 3):
        raise InputError(
            f"flux maps: expected the shape (n, ny, nx) or (ny, nx), found {maps.shape}; give one map, or a stack"
        )
    maps = maps.reshape(-1, *maps.shape[-2:])
    if mask is not None and mask.any():
        maps = _filled(maps, np.broadcast_to(mask, maps.shape))
    low, high = PLAUSIBLE_LOG_FLUX
    for number, one in enumerate(maps):
        if (one < low).any() or (one > high).any():
            raise InputError(
                f"flux maps: map {number} holds values from {np.nanmin(one):.3g} to {np.nanmax(one):.3g}, expected "
                f"log10(F / (Lsun kpc^-2)) between {low:g} and {high:g}; take the logarithm of linear fluxes"
            )
    return maps


def distances_kpc(distance: Any, n: int, name: str = "distance_kpc") -> NDArray[np.float64]:
    """Distances of n maps [kpc], shape (n,), NaN where not known.

    Parameters
    ----------
    distance : float, array or quantity, of no dimension or of shape (n,), or None
        Plain numbers are kpc; what has a unit is converted; masked and NaN: not known.
    n : int
        Maps.
    name : str
        What they are called in messages.

    Raises
    ------
    InputError
        If these are no distances, not one for each map, or not between 0 and 1e6 kpc.
    """
    from astropy import units

    if distance is None:
        return np.full(n, np.nan)
    mask = _mask(distance)
    try:
        values = units.Quantity(getattr(distance, "unmasked", distance), units.kpc, dtype=np.float64).value
    except units.UnitConversionError:
        raise InputError(
            f"{name}: found the unit '{getattr(distance, 'unit', '?')}', expected a length; give kpc or pc"
        ) from None
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers [kpc] or a quantity, found {distance!r:.60}") from None
    if values.shape not in ((), (n,)):
        raise InputError(
            f"{name}: found shape {values.shape} for {n} map{'s' if n > 1 else ''}, expected one distance, or "
            "one for each map; NaN stands for not known"
        )
    if mask is not None:
        values = np.where(mask, np.nan, values)
    if (bad := values[(values <= 0) | (values > LARGEST_DISTANCE_KPC)]).size:
        raise InputError(f"{name}: expected distances above 0 kpc and up to 1e6, found {bad.flat[0]:g}")
    return np.broadcast_to(values, (n,)).copy()


def _without_unit(flux: Any) -> Any:
    """log10(F / (Lsun kpc^-2)) of a quantity; what has no unit as it is."""
    if getattr(flux, "unit", None) is None:
        return flux
    from astropy import units

    linear = units.Lsun / units.kpc**2
    try:
        with np.errstate(divide="ignore", invalid="ignore"):  # no light: not finite, and refused as such
            return units.Quantity(flux, subok=True).to_value(units.dex(linear))
    except (units.UnitConversionError, TypeError):
        raise InputError(
            f"flux maps: found the unit '{flux.unit}', expected dex(Lsun / kpc2), Lsun / kpc2, or plain numbers, "
            "log10(F / (Lsun kpc^-2)); convert them"
        ) from None


def _mask(values: Any) -> NDArray[np.bool_] | None:
    """The mask of a NumPy or astropy masked array; None: there is none."""
    mask = getattr(values, "mask", None)
    return np.asarray(mask) if isinstance(mask, np.ndarray | np.bool_) else None


def _filled(flux: NDArray, mask: NDArray[np.bool_]) -> NDArray:
    """Maps (n, ny, nx) whose masked pixels have the mean light of their neighbours."""
    from astropy.convolution import Gaussian2DKernel, interpolate_replace_nans

    maps = flux.astype(np.result_type(flux, np.float32))
    for number, (one, bad) in enumerate(zip(maps, mask, strict=True)):
        if (share := bad.mean()) > LARGEST_MASKED:
            raise InputError(
                f"flux maps: {100 * share:.1f} % of map {number} is masked, at most {100 * LARGEST_MASKED:g} % is "
                "filled from neighbours; give another image"
            )
        if bad.any():
            light = np.where(bad, np.nan, 10 ** one.astype(np.float64))
            one[bad] = np.log10(interpolate_replace_nans(light, Gaussian2DKernel(FILL_SIGMA_PIXELS))[bad])
        if not np.isfinite(one[bad]).all():
            raise InputError(f"flux maps: map {number} has a masked hole wider than 16 pixels; fill it beforehand")
    return maps
