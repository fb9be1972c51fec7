"""The compiled loops of the HST images beside the same by NumPy."""

import numpy as np
import pytest
from scipy import fft

from reproduce.sky import hst_kernels


@pytest.mark.parametrize("n", [8, 9])
@pytest.mark.parametrize("kind", [np.float32, np.complex64])
def test_a_folded_spectrum_is_that_of_every_second_node(n: int, kind: type) -> None:
    """Of even and odd numbers of nodes, with functions that are even and ones that are not."""
    generator = np.random.default_rng(1)
    grid, function = generator.standard_normal((2, 3, 2 * n, 2 * n)).astype(np.float32)
    if kind is np.float32:
        function = function + np.roll(function[:, ::-1, ::-1], 1, axis=(1, 2))  # the same at x and -x
    spectrum, transfer = fft.rfft2(grid), fft.rfft2(function)
    expected = fft.irfft2(spectrum * transfer, (2 * n, 2 * n))[:, ::2, ::2]
    transfer = transfer if kind is np.complex64 else np.ascontiguousarray(transfer.real)
    folded = hst_kernels.every_second(spectrum, transfer)
    np.testing.assert_allclose(fft.irfft2(folded, (n, n)) / 4, expected, atol=1e-5 * np.abs(expected).max())


def test_a_star_at_the_edge_of_the_grid_is_spread_as_one_in_the_middle() -> None:
    flux = np.array([[1.0, 2.0, 5.0]], dtype=np.float32)
    for place in ((0.6, 3.3), (7.2, 0.9), (7.4, 7.4)):  # nodes 0.2, 5.6 and so on
        u, v = (np.array([value]) for value in place)
        found = hst_kernels.spread_bands(u, v, flux, 0, 2, 16)
        middle = hst_kernels.spread_bands(u % 1 + 4, v % 1 + 4, flux, 0, 2, 16)
        shift = [2 * (int(value) - 4) for value in (v[0], u[0])]
        np.testing.assert_allclose(found, np.roll(middle, shift, axis=(1, 2)), atol=1e-6)
        np.testing.assert_allclose(found.sum(axis=(1, 2)), flux[0], rtol=1e-6)


def test_compiled_normal_numbers_are_those_of_the_generator() -> None:
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    found = hst_kernels.standard_normal(one, 100_000)
    np.testing.assert_array_equal(found, other.standard_normal(100_000, dtype=np.float32))
    assert one.random() == other.random()  # and the generator goes on from where it would
