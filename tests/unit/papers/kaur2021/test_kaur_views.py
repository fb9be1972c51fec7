"""Fresh views are the maps that `reproduce.galaxy.kinematics` makes, drawn anew in every epoch."""

import numpy as np
import pytest

from reproduce.galaxy import kinematics
from reproduce.galaxy.settings import MapSettings
from reproduce.papers.kaur2021.networks.images import UNIT_KMS
from reproduce.papers.kaur2021.networks.views import Clusters, FreshBatches, random_turns
from reproduce.workflow.errors import InputError

RNG = np.random.default_rng(3)
CLUSTERS = Clusters(
    [RNG.normal(scale=10, size=(n, 3)) for n in (150, 180)],
    [RNG.normal(scale=120, size=(n, 3)) for n in (150, 180)],
    np.array([17.5, 12.0]),
    np.array([2.0, 7.0]),
)


def drawn(seeds, batch_size=6, channels="two_channel", n_clusters=1_000, **maps):
    return FreshBatches(CLUSTERS, channels, MapSettings(**maps), n_clusters, 3, batch_size, seeds)


@pytest.mark.parametrize(
    "maps",
    [
        {},
        {"field_rd": 1.2, "empty": "ignore", "least_for_sigma": 2},
        {"smoothing_kpc": 0, "empty": 50.0},
        {"smooth": "clusters", "smoothing_kpc": 5.0},
    ],
)
def test_the_maps_are_those_of_the_other_stages(maps):
    batches = drawn((1,), **maps)
    inputs, label = batches[0]
    for item in range(6):
        galaxy = batches._galaxy[item]
        assert label[item] == CLUSTERS.label[galaxy]
        turn, sign = batches._turn[item], batches._sign[item]
        x, y = (turn[:2] @ CLUSTERS.position_kpc[galaxy].T)[:, None]
        seen = kinematics.Views(x, y, sign * (turn[2] @ CLUSTERS.velocity_kms[galaxy].T)[None])
        size = float(CLUSTERS.disc_size_kpc[galaxy])
        expected = kinematics.make_maps(seen, size, MapSettings(**maps), np.random.default_rng())
        np.testing.assert_allclose(inputs["velocity"][item, ..., 0] * UNIT_KMS, expected.velocity_kms[0], atol=2e-3)
        np.testing.assert_allclose(inputs["dispersion"][item, ..., 0] * UNIT_KMS, expected.dispersion_kms[0], atol=2e-3)


def test_an_item_depends_on_seeds_epoch_and_number_alone():
    some = {"channels": "one_channel", "n_clusters": 50, "velocity_error_kms": 5.0}
    one, many = drawn((4, 2), 6, **some), drawn((4, 2), 2, **some)
    many.set_epoch(7)
    many[0]
    for batches in (one, many):
        batches.set_epoch(3)
    np.testing.assert_array_equal(one[0][0][2:4], many[1][0])
    first = one[0][0]
    one.set_epoch(4)
    assert not np.allclose(first, one[0][0])
    np.testing.assert_array_equal(np.bincount(one._galaxy), [3, 3])


def test_errors_of_velocities_widen_the_dispersion_unless_taken_out():
    """One cell with 150 or 180 clusters, error as large as σ: √2 σ, and σ again within 4 standard errors (15 %)."""
    wide = {"field_rd": 1e3, "smoothing_kpc": 0, "cells": 2, "velocity_error_kms": 120.0}
    plain, taken = (
        drawn((1,), channels="one_channel", **wide, subtract_error=subtract)[0][0] for subtract in (False, True)
    )
    assert plain.max(axis=(1, 2)).mean() * UNIT_KMS == pytest.approx(120 * np.sqrt(2), rel=0.2)
    assert taken.max(axis=(1, 2)).mean() * UNIT_KMS == pytest.approx(120, rel=0.3)
    assert (taken < plain).any()


def test_noise_of_cells_makes_no_negative_dispersion():
    noisy = drawn((1,), smoothing_kpc=0, pixel_noise_kms=5.0)[0][0]
    assert noisy["velocity"].min() < 0
    assert noisy["dispersion"].min() == 0


def test_turns_keep_lengths_and_half_of_them_mirror():
    turns = random_turns(400, np.random.default_rng(0))
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12)
    mirrored = np.linalg.det(turns) < 0
    assert 0.4 < mirrored.mean() < 0.6  # 4 standard errors of 400 throws


def test_cells_cannot_be_interpolated():
    with pytest.raises(InputError, match="fresh views cannot interpolate"):
        drawn((1,), empty="interpolate")
