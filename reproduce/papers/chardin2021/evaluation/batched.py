"""Many maps through the networks, batch by batch, so that memory does not grow with the maps."""

from collections.abc import Callable, Iterator

from numpy.typing import NDArray

from reproduce.learning.data import slices
from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.papers.chardin2021.networks.prediction import Networks, Prediction, Summary

# Maps predicted and scored at once: about 200 MB of memory at 160 px.
BATCH = 64


def predicted(
    networks: Networks, maps: MapSet, on_progress: Callable[[float, str], None] | None = None
) -> Iterator[tuple[slice, NDArray, NDArray, Prediction]]:
    """The rows, flux and mass maps (k, ny, nx) and the prediction of each batch; progress is told after its use."""
    n = maps.flux.shape[0]
    for rows in slices(n, BATCH):
        flux = maps.flux[rows]
        yield rows, flux, maps.mass[rows], networks.predict(flux)
        if on_progress is not None:
            on_progress(rows.stop / n, f"{rows.stop} of {n} maps")


def summarised(networks: Networks, flux: NDArray) -> Summary:
    """What the networks say of flux maps (n, ny, nx), without the mass maps."""
    return Summary.join([networks.predict(flux[rows]).without_maps() for rows in slices(len(flux), BATCH)])
