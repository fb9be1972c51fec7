"""Where a radius lies among the stars, found through an index of blocks that stays in the processor's cache.

A bisection among a million sorted radii touches twenty places of memory far apart, and that, not arithmetic, was most
of the cost of a step. The blocks of the relaxation (16 stars) have few enough first stars; a table over the leading
bits of the radius says which of them to compare. Nothing is approximated: the results are those of
`numpy.searchsorted`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MANTISSA_BITS = 52


class BlockIndex(NamedTuple):
    """Blocks of stars in order of radius, and a table that finds them.

    Attributes
    ----------
    edges : (blocks + 1,) int64
        First star of each block, and the number of stars.
    radius : (blocks,) float64
        Radius of the first star of each block [pc].
    inside, outer : (blocks,) float64
        The potential's sums at that star (see `orbits.Potential`).
    cells : (cells + 1,) int64
        Number of blocks that begin below each cell of radius; a cell is a range of equal leading bits.
    origin, shift : int
        Leading bits of the innermost cell, and the number of bits that a cell ignores.
    """

    edges: NDArray[np.int64]
    radius: NDArray[np.float64]
    inside: NDArray[np.float64]
    outer: NDArray[np.float64]
    cells: NDArray[np.int64]
    origin: int
    shift: int


@njit(cache=True)
def _leading_bits(x, shift):
    """Sign, exponent and first bits of the mantissa of a positive number: increases with it."""
    return np.float64(x).view(np.int64) >> shift


@njit(cache=True)
def block_index(r, inside, outer, edges):
    """The index of blocks with boundaries `edges` (blocks + 1,) of stars at radii `r` (n,), which increase."""
    blocks = len(edges) - 1
    radius = np.empty(blocks)
    inner_sum = np.empty(blocks)
    outer_sum = np.empty(blocks)
    for b in range(blocks):
        first = edges[b]
        radius[b] = r[first]
        inner_sum[b] = inside[first]
        outer_sum[b] = outer[first]
    bits = 4  # so that a cell holds some ten blocks where they are densest
    while bits < 12 and 1 << (bits + 4) < blocks:
        bits += 1
    shift = MANTISSA_BITS - bits
    origin = _leading_bits(radius[0], shift)
    count = _leading_bits(radius[blocks - 1], shift) - origin + 1
    cells = np.empty(count + 1, dtype=np.int64)
    cell = 0
    for b in range(blocks):
        own = _leading_bits(radius[b], shift) - origin
        while cell <= own:
            cells[cell] = b
            cell += 1
    cells[count] = blocks
    return BlockIndex(edges, radius, inner_sum, outer_sum, cells, origin, shift)


@njit(cache=True)
def block_at(x, index):
    """The last block that begins at or inside the radius x; 0 where none does."""
    cell = _leading_bits(x, index.shift) - index.origin
    if cell < 0:
        return 0
    if cell >= len(index.cells) - 1:
        return len(index.radius) - 1
    b, end = index.cells[cell], index.cells[cell + 1]
    while b < end and index.radius[b] <= x:
        b += 1
    return max(b - 1, 0)


@njit(cache=True)
def stars_inside(x, b, r, edges):
    """Number of stars at radii <= x, where `b` is `block_at` x."""
    low, high = edges[b], edges[b + 1]
    while low < high:
        middle = (low + high) // 2
        if r[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def block_of(star, edges):
    """The block of star number `star` in order of radius: blocks between the first and the last are equally long."""
    blocks = len(edges) - 1
    if blocks == 1 or star < edges[1]:
        return 0
    if blocks == 2:
        return 1
    return min(1 + (star - edges[1]) // (edges[2] - edges[1]), blocks - 1)
